import { fieldsOf, parseJson } from "@codex/common";
import type { Fields } from "@codex/common";
import { filledText } from "./filled-text.js";

/** What ChatGPT gave at sign-in. Opaque, but for the claims inside. */
export type Tokens = {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
  readonly account_id?: string;
  /** Epoch milliseconds; absent when never refreshed. */
  readonly last_refresh?: number;
};

const NAMESPACE = "https://api.openai.com/auth";

/** The payload of a JWT; nothing is verified, the server does that. Empty for everything else. */
function claimsOf(jwt: string | undefined): Fields {
  const payload = jwt?.split(".")[1];
  return payload === undefined ? {} : fieldsOf(parseJson(Buffer.from(payload, "base64url").toString("utf8")));
}

export function accountOf(tokens: Tokens): string | undefined {
  return tokens.account_id ?? filledText(fieldsOf(claimsOf(tokens.id_token)[NAMESPACE])["chatgpt_account_id"]);
}

export function isFedramp(tokens: Tokens): boolean {
  return fieldsOf(claimsOf(tokens.id_token)[NAMESPACE])["chatgpt_account_is_fedramp"] === true;
}

const EARLY_MS = 5 * 60_000;
const LONGEST_MS = 8 * 24 * 3_600_000;

/** A refresh is due: the access token ends within five minutes, or tells no end and is older than eight days. */
export function isStale(tokens: Tokens, now: number): boolean {
  const end = endOf(tokens);
  if (end !== undefined) return end <= now + EARLY_MS;
  return tokens.last_refresh !== undefined && tokens.last_refresh < now - LONGEST_MS;
}

export function isExpired(tokens: Tokens, now: number): boolean {
  const end = endOf(tokens);
  return end !== undefined && end <= now;
}

/** Epoch milliseconds. */
function endOf(tokens: Tokens): number | undefined {
  const seconds = claimsOf(tokens.access_token)["exp"];
  return typeof seconds === "number" ? seconds * 1000 : undefined;
}
