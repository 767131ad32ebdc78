import { codeOf, CodexError, fieldsOf, messageOf, numberOf, parseJson, textOf } from "@codex/common";
import type { Fields } from "@codex/common";
import type { RetryAdvice } from "@codex/common";
import type { ErrorCode } from "@codex/protocol";
import { ERROR_TABLE } from "@codex/protocol";
import { redact } from "./redact.js";
import {
  CONTEXT_WINDOW_TEXT,
  LONGEST_WAIT_MS,
  NOT_INCLUDED_TEXT,
  OVERLOADED_TEXT,
  QUOTA_TEXT,
} from "./stream-errors.js";

/** A response whose status is not 2xx. */
export type BadResponse = {
  readonly status: number;
  readonly status_text: string;
  readonly header: (name: string) => string | null;
  readonly body: string;
  readonly url: string;
};

export type ErrorContext = {
  /** Kept out of every message. */
  readonly secrets: readonly string[];
  /** What the person can do about a refused key. */
  readonly advice: string;
  /** Epoch milliseconds. */
  readonly now: number;
};

/** Status and body → error (core.md §2.5 as corrected by live.md §0 and §1.2). */
export function errorOfResponse(response: BadResponse, context: ErrorContext): CodexError {
  const error = fieldsOf(fieldsOf(parseJson(response.body))["error"]);
  const kinds = [textOf(error["code"]), textOf(error["type"])];
  const { status } = response;
  const make = (code: ErrorCode, text: string, retry: RetryAdvice = ERROR_TABLE[code].retry): CodexError =>
    new CodexError(code, redact(text, context.secrets), { status, retry });

  if (status === 400) return badRequest(response.body, { error, kinds, make });
  if (status === 401) {
    const said = textOf(error["message"]);
    return make("unauthorized", `401 Unauthorized${said === undefined ? "" : `: ${said}`} ${context.advice}`);
  }
  if (status === 429) return tooMany(response, { error, kinds, make, now: context.now });
  if (status === 500) return make("internal_server_error", "The server failed (500): it may be under high demand.");
  if (status === 503 && kinds.some((kind) => kind === "server_is_overloaded" || kind === "slow_down")) {
    return make("server_overloaded", OVERLOADED_TEXT);
  }
  return make("unexpected_status", unexpectedText(response, error) + wireHint(response));
}

type Make = (code: ErrorCode, text: string, retry?: RetryAdvice) => CodexError;

function badRequest(body: string, { error, kinds, make }: Omit<Refusal, "now">): CodexError {
  if (kinds.includes("context_length_exceeded")) return make("context_window_exceeded", CONTEXT_WINDOW_TEXT);
  if (/image data[^"]*does not represent a valid image/i.test(body)) {
    return make("invalid_image", "The server could not read an image of this conversation: remove it and try again.");
  }
  return make("invalid_request", `400 Bad Request: ${textOf(error["message"]) ?? (body || "no reason given")}`);
}

type Refusal = {
  readonly error: Fields;
  readonly kinds: readonly (string | undefined)[];
  readonly make: Make;
  readonly now: number;
};

function tooMany(response: BadResponse, { error, kinds, make, now }: Refusal): CodexError {
  if (kinds.includes("usage_limit_reached")) return make("usage_limit_reached", usageLimitText(error, now));
  if (kinds.includes("usage_not_included")) return make("usage_not_included", NOT_INCLUDED_TEXT);
  if (kinds.includes("insufficient_quota")) return make("quota_exceeded", QUOTA_TEXT);
  const after_ms = retryAfter(response.header("retry-after"), now);
  const text = "exceeded retry limit, last status: 429 Too Many Requests";
  if (after_ms === undefined) return make("retry_limit", text);
  return make("rate_limited", `${text} (the server asks to wait ${Math.ceil(after_ms / 1000)} s)`, { after_ms });
}

/** `Retry-After` in milliseconds: whole seconds or an HTTP date, at most ten minutes; `undefined` for all else. */
export function retryAfter(value: string | null, now: number): number | undefined {
  const text = value?.trim() ?? "";
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, LONGEST_WAIT_MS);
  if (!/^[A-Za-z]{3},? .*\d/.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.min(Math.max(date - now, 0), LONGEST_WAIT_MS);
}

/** core.md §2.9, in our words. */
function usageLimitText(error: Fields, now: number): string {
  const plan = textOf(error["plan_type"]);
  const resets = numberOf(error["resets_at"]);
  const reached = `You have reached the usage limit${plan === undefined ? "" : ` of your ${plan} plan`}.`;
  return `${reached} ${resets === undefined ? "Try again later." : `Try again at ${localTime(resets * 1000, now)}.`}`;
}

function localTime(at: number, now: number): string {
  const moment = new Date(at);
  const time = moment.toLocaleTimeString("en-US", { hour: "numeric", minute: "2-digit" });
  if (moment.toDateString() === new Date(now).toDateString()) return time;
  return `${moment.toLocaleDateString("en-US", { month: "short", day: "numeric", year: "numeric" })} ${time}`;
}

/** Many servers speak only the older wire, and say no more than that nothing is here. */
function wireHint({ status, url, body }: BadResponse): string {
  const isMissing = (status === 404 || status === 405) && !/model/i.test(body);
  if (!isMissing || !new URL(url).pathname.endsWith("/responses")) return "";
  return '. If this server does not speak the Responses API, set wire_api = "chat" for it';
}

const BODY_CHARACTERS = 1000;

function unexpectedText(response: BadResponse, error: Fields): string {
  const said = textOf(error["message"]) ?? plainText(response.body);
  const status = `${response.status} ${response.status_text}`.trim();
  const parts = [
    `unexpected status ${status}${said === "" ? "" : `: ${said}`}`,
    `url: ${withoutSecrets(response.url)}`,
  ];
  const ray = response.header("cf-ray");
  const request = response.header("x-request-id") ?? response.header("x-oai-request-id");
  if (ray !== null) parts.push(`cf-ray: ${ray}`);
  if (request !== null) parts.push(`request id: ${request}`);
  return parts.join(", ");
}

/** One line of at most 1000 characters; of a page of HTML only its words. */
function plainText(body: string): string {
  const words = /<(?:!doctype|html)/i.test(body)
    ? body.replace(/<(script|style)[\s\S]*?<\/\1>/gi, " ").replace(/<[^>]*>/g, " ")
    : body;
  const line = words.replace(/\s+/g, " ").trim();
  return line.length > BODY_CHARACTERS ? `${line.slice(0, BODY_CHARACTERS)}…` : line;
}

/** An address without user, password and query: any of them may hold a key. */
function withoutSecrets(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** Nobody is there, or nobody can be found. */
const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EAI_FAIL",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "EADDRNOTAVAIL",
  "ETIMEDOUT",
  "connection_failed",
]);

/** What is meant by a failure below HTTP. `origin`: scheme, host and port that were asked. */
export function errorOfTransport(error: unknown, origin: string, secrets: readonly string[]): CodexError {
  const code = codeOf(error) ?? "";
  const said = redact(messageOf(error), secrets);
  if (UNREACHABLE.has(code)) {
    const text = `Connection failed: ${origin} cannot be reached (${said}). Check base_url and the network.`;
    return new CodexError("connection_failed", text, { retry: "backoff", cause: error });
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO/.test(code)) {
    const text =
      `Connection failed: no secure connection to ${origin} (${said}). ` +
      "If the server has a certificate of its own, name its authority in NODE_EXTRA_CA_CERTS.";
    return new CodexError("connection_failed", text, { retry: "no", cause: error });
  }
  if (/^ERR_(INVALID|UNESCAPED)/.test(code)) {
    const text = `The request cannot be made (${said}): check base_url and http_headers of the model provider.`;
    return new CodexError("config_invalid", text, { cause: error });
  }
  const text = `stream disconnected before completion: error sending request (${said})`;
  return new CodexError("stream_disconnected", text, { retry: "backoff", cause: error });
}
