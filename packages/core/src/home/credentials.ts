import type { Credential, Credentials } from "@codex/protocol";

export type CredentialSources = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of `auth.json`. */
  readonly stored: Required<Credentials>;
};

/** `CODEX_API_KEY`, then a ChatGPT sign-in, then `OPENAI_API_KEY`, then the stored key. Only a sign-in is renewed. */
export function readCredentials({ env, stored }: CredentialSources): Required<Credentials> {
  return {
    async current(signal) {
      const first = keyIn(env["CODEX_API_KEY"]);
      if (first !== undefined) return first;
      const signed_in = await stored.current(signal);
      return signed_in?.type === "chatgpt" ? signed_in : (keyIn(env["OPENAI_API_KEY"]) ?? signed_in);
    },
    renew: (refused, signal) => stored.renew(refused, signal),
  };
}

function keyIn(value: string | undefined): Credential | undefined {
  const token = value?.trim() ?? "";
  return token === "" ? undefined : { type: "api_key", token };
}
