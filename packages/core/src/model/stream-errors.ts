import { CodexError, fieldsOf, numberOf, textOf } from "@codex/common";
import type { ErrorCode } from "@codex/protocol";
import { ERROR_TABLE } from "@codex/protocol";
import { redact } from "./redact.js";

export const CONTEXT_WINDOW_TEXT =
  "The conversation no longer fits into the model's context window: start a new session, or ask for less at once.";
export const QUOTA_TEXT = "The account's quota is used up: check its plan and billing details.";
export const NOT_INCLUDED_TEXT = "This plan does not include the model or Codex: upgrade the plan, or use an API key.";
export const OVERLOADED_TEXT = "The model is at capacity: try again later, or choose another model.";

/** What the server may call a failure, and what it is for us (core.md §2.5; live.md §1.2). */
const FAILURES: Readonly<Record<string, { readonly code: ErrorCode; readonly text?: string }>> = {
  context_length_exceeded: { code: "context_window_exceeded", text: CONTEXT_WINDOW_TEXT },
  insufficient_quota: { code: "quota_exceeded", text: QUOTA_TEXT },
  usage_not_included: { code: "usage_not_included", text: NOT_INCLUDED_TEXT },
  invalid_prompt: { code: "invalid_request" },
  bio_policy: { code: "policy_refusal" },
  cyber_policy: { code: "policy_refusal" },
  server_is_overloaded: { code: "server_overloaded", text: OVERLOADED_TEXT },
  slow_down: { code: "server_overloaded", text: OVERLOADED_TEXT },
};

/** The stream is over before it was complete. `hint`: what the server said about it. */
export function disconnected(reason: string, hint?: string): CodexError {
  const why = hint === undefined ? reason : `${reason} (the server said: ${hint})`;
  return new CodexError("stream_disconnected", `stream disconnected before completion: ${why}`, { retry: "backoff" });
}

/** The error of a `response.failed` event. `error` is `{code, message}` as the server sent it. */
export function errorOfFailure(error: unknown, secrets: readonly string[] = []): CodexError {
  const fields = fieldsOf(error);
  const code = textOf(fields["code"]) ?? "";
  const said = redact(textOf(fields["message"]) ?? (code || "the server gave no reason"), secrets);
  const known = Object.hasOwn(FAILURES, code) ? FAILURES[code] : undefined;
  if (known !== undefined) {
    return new CodexError(known.code, known.text ?? said, { retry: ERROR_TABLE[known.code].retry });
  }
  if (code === "rate_limit_exceeded") {
    const after_ms = delayIn(said);
    const retry = after_ms === undefined ? "backoff" : { after_ms };
    return new CodexError("rate_limited", `rate limit exceeded: ${said}`, { retry });
  }
  return disconnected(said);
}

/** The error of a `response.incomplete` event: final (live.md §0, 2.3). */
export function errorOfIncomplete(details: unknown): CodexError {
  const reason = textOf(fieldsOf(details)["reason"]) ?? "unknown";
  return new CodexError("incomplete_response", `Incomplete response returned, reason: ${reason}`);
}

/** `try again in 1.5s`, `700ms`, `2 seconds`: whole milliseconds, at most ten minutes. */
function delayIn(message: string): number | undefined {
  const [, amount, unit] = /try again in\s*(\d+(?:\.\d+)?)\s*(ms|seconds?|s)\b/i.exec(message) ?? [];
  const number = numberOf(Number(amount));
  if (number === undefined || unit === undefined) return undefined;
  return Math.min(Math.trunc(unit.toLowerCase() === "ms" ? number : number * 1000), LONGEST_WAIT_MS);
}

/** No server may make us wait longer (live.md §9.4). */
export const LONGEST_WAIT_MS = 600_000;
