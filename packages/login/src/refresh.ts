import { CodexError, fieldsOf, parseJson, present } from "@codex/common";
import { filledText } from "./filled-text.js";
import { postJson } from "./post-json.js";
import type { Tokens } from "./tokens.js";

/** Public name of the Codex client at the issuer (services.md §4.1). */
const CLIENT_ID = "app_EMoamEEZ73f0CkXaXp7hrann";

export type RefreshOptions = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  readonly now: number;
};

/** Why the issuer will never renew these tokens (services.md §4.6). */
const PERMANENT: Readonly<Record<string, string>> = {
  refresh_token_expired: "it has expired",
  refresh_token_reused: "its refresh token was used already",
  refresh_token_invalidated: "it was revoked",
};

/** Tokens in place of these. Throws `unauthorized`; with `retry: "backoff"` when another try may help. */
export async function refreshTokens(tokens: Tokens, options: RefreshOptions, signal: AbortSignal): Promise<Tokens> {
  if (tokens.refresh_token === undefined) throw signInAgain("it cannot be renewed");
  const question = { client_id: CLIENT_ID, grant_type: "refresh_token", refresh_token: tokens.refresh_token };
  const { status, body } = await postJson({ url: options.url, headers: options.headers, body: question }, signal);
  const fields = fieldsOf(parseJson(body));
  if (status >= 200 && status < 300) {
    return {
      access_token: filledText(fields["access_token"]) ?? tokens.access_token,
      ...present("refresh_token", filledText(fields["refresh_token"]) ?? tokens.refresh_token),
      ...present("id_token", filledText(fields["id_token"]) ?? tokens.id_token),
      ...present("account_id", tokens.account_id),
      last_refresh: options.now,
    };
  }
  const code =
    filledText(fieldsOf(fields["error"])["code"]) ?? filledText(fields["error"]) ?? filledText(fields["code"]) ?? "";
  const reason = PERMANENT[code];
  if (reason !== undefined) throw signInAgain(reason);
  if (status === 401) throw signInAgain("it is no longer valid");
  throw new CodexError("unauthorized", `The ChatGPT sign-in could not be renewed (status ${status}); try again.`, {
    retry: "backoff",
    status,
  });
}

export function signInAgain(reason: string): CodexError {
  return new CodexError("unauthorized", `The ChatGPT sign-in ended: ${reason}. Log out and sign in again.`);
}
