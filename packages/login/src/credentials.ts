import type { Clock, Credential, Credentials } from "@codex/protocol";
import { codeOf, present } from "@codex/common";
import { authFile, readAuth, writeTokens } from "./auth-file.js";
import type { StoredAuth } from "./auth-file.js";
import { whileLocked } from "./file-lock.js";
import type { FileLock } from "./file-lock.js";
import { refreshTokens, signInAgain } from "./refresh.js";
import { accountOf, isExpired, isFedramp, isStale } from "./tokens.js";
import type { Tokens } from "./tokens.js";

const REFRESH_URL = "https://auth.openai.com/oauth/token";

export type StoredCredentialsOptions = {
  /** CODEX_HOME, absolute. */
  readonly home: string;
  readonly clock: Clock;
  /** Keeps other processes from renewing at the same time. */
  readonly lock: FileLock;
  /** Sent with a refresh: who asks. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: the issuer's. */
  readonly refresh_url?: string;
};

/**
 * The credential of `auth.json`, an API key or ChatGPT tokens. Tokens are renewed shortly before they end and after a
 * 401: one renewal at a time over all processes, and none when somebody else has renewed them meanwhile
 * (services.md §4.6).
 */
export function createStoredCredentials(options: StoredCredentialsOptions): Required<Credentials> {
  const { home, clock } = options;
  /** Tokens of ours, so that the file is read once. */
  let known: StoredAuth | undefined;
  /** Refresh tokens that the issuer will not take again, and what it said. */
  const dead = new Map<string, unknown>();

  const renewLocked = async (refused: Tokens, signal: AbortSignal): Promise<Tokens | undefined> => {
    const adopted = await adopt(home, refused, signal);
    if (adopted !== refused) return adopted;
    const said = dead.get(refused.refresh_token ?? "");
    if (said !== undefined) throw said;
    const { headers = {}, refresh_url: url = REFRESH_URL } = options;
    try {
      const fresh = await refreshTokens(refused, { url, headers, now: clock.now() }, signal);
      await writeTokens(home, fresh, signal);
      return fresh;
    } catch (error) {
      if (!isFinal(error)) throw error;
      // a program that knows no lock may have been faster
      const faster = await adopt(home, refused, signal);
      if (faster !== refused) return faster;
      dead.set(refused.refresh_token ?? "", error);
      throw error;
    }
  };
  const renewTokens = async (refused: Tokens, signal: AbortSignal): Promise<Tokens | undefined> => {
    const file = `${authFile(home)}.lock`;
    const tokens = await whileLocked(file, options.lock, signal, () => renewLocked(refused, signal));
    known = tokens === undefined ? undefined : { type: "chatgpt", tokens, is_ours: true };
    return tokens;
  };

  return {
    async current(signal) {
      const stored = known ?? (await readAuth(home, signal));
      if (stored === undefined) return undefined;
      if (stored.type === "api_key") return { type: "api_key", token: stored.key };
      const { tokens, is_ours } = stored;
      if (!is_ours) return credentialOf(tokens);
      known = stored;
      if (!isStale(tokens, clock.now())) return credentialOf(tokens);
      const renewed = await renewTokens(tokens, signal).catch((error: unknown) => {
        // the old one still works for a while, and the server has the last word
        if (isExpired(tokens, clock.now()) && isFinal(error)) throw error;
        signal.throwIfAborted();
        return tokens;
      });
      return renewed === undefined ? undefined : credentialOf(renewed);
    },
    async renew(refused, signal) {
      const stored = await readAuth(home, signal);
      if (refused.type !== "chatgpt" || stored?.type !== "chatgpt") return undefined;
      const { tokens } = stored;
      if (tokens.access_token === refused.token && !stored.is_ours) return undefined;
      const before = { ...tokens, ...present("account_id", refused.account_id), access_token: refused.token };
      const renewed = await renewTokens(before, signal);
      return renewed === undefined ? undefined : credentialOf(renewed);
    },
  };
}

/** What is stored now, when it is not what was refused. Throws `unauthorized` when somebody else signed in. */
async function adopt(home: string, refused: Tokens, signal: AbortSignal): Promise<Tokens | undefined> {
  const stored = await readAuth(home, signal);
  if (stored?.type !== "chatgpt") return undefined;
  const { tokens } = stored;
  if (accountOf(tokens) !== accountOf(refused)) throw signInAgain("another account signed in meanwhile");
  return tokens.access_token === refused.access_token ? refused : tokens;
}

function isFinal(error: unknown): boolean {
  const retry: unknown = typeof error === "object" && error !== null && "retry" in error ? error.retry : undefined;
  return codeOf(error) === "unauthorized" && retry === "no";
}

function credentialOf(tokens: Tokens): Credential {
  return {
    type: "chatgpt",
    token: tokens.access_token,
    ...present("account_id", accountOf(tokens)),
    ...(isFedramp(tokens) ? { is_fedramp: true } : {}),
  };
}
