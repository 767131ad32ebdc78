import type { Credentials } from "@codex/protocol";

export type CredentialSources = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The key of `auth.json`, read only when no variable holds one. */
  readAuthKey(): Promise<string | undefined>;
};

/** `CODEX_API_KEY`, then `OPENAI_API_KEY`, then the key in `auth.json`. Read, never written. */
export function readCredentials(sources: CredentialSources): Credentials {
  return {
    async current() {
      const { CODEX_API_KEY, OPENAI_API_KEY } = sources.env;
      const token = [CODEX_API_KEY, OPENAI_API_KEY].find((key) => key !== undefined && key.trim() !== "");
      const found = token ?? (await sources.readAuthKey());
      return found === undefined ? undefined : { type: "api_key", token: found.trim() };
    },
  };
}
