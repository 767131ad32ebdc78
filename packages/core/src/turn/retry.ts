import type { ErrorCode, ModelClient, TurnContext } from "@codex/protocol";
import { ERROR_TABLE, errorInfo, isErrorCode } from "@codex/protocol";
import type { RetryAdvice } from "@codex/common";
import { codeOf, messageOf } from "@codex/common";
import { backoff } from "../model/backoff.js";

/** How long to wait before attempt `attempt + 1`, in milliseconds; `undefined`: do not try again. */
export function retryDelay(error: unknown, attempt: number, client: ModelClient): number | undefined {
  const advice = adviceOf(error);
  if (advice === "no" || attempt >= client.max_retries) return undefined;
  return advice === "backoff" ? backoff(attempt + 1) : advice.after_ms;
}

/** Tells the face that another attempt follows (core.md §2.6). Says the wait when it is long enough to wonder. */
export function announceRetry(error: unknown, attempt: number, delay_ms: number, turn: TurnContext): void {
  const wait = delay_ms >= 2_000 ? ` in ${Math.round(delay_ms / 1000)} s` : "";
  turn.session.emit(
    {
      type: "stream_error",
      message: `Reconnecting... ${attempt + 1}/${turn.model.max_retries}${wait}`,
      codex_error_info: { response_stream_disconnected: { http_status_code: statusOf(error) ?? null } },
      additional_details: messageOf(error),
    },
    turn.id,
  );
}

/** The advice of the error itself wins over its code's. */
function adviceOf(error: unknown): RetryAdvice {
  const code = codeOf(error);
  if (!isErrorCode(code)) return "no";
  const own = typeof error === "object" && error !== null && "retry" in error ? error.retry : undefined;
  if (own === "no" || own === "backoff") return own;
  if (typeof own === "object" && own !== null && "after_ms" in own && typeof own.after_ms === "number") {
    return { after_ms: own.after_ms };
  }
  return ERROR_TABLE[code].retry;
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("status" in error)) return undefined;
  return typeof error.status === "number" ? error.status : undefined;
}

/** What a face is told about a failure that ends the turn. */
export function failureOf(error: unknown): {
  message: string;
  codex_error_info: ReturnType<typeof errorInfo>;
  code: ErrorCode;
} {
  const code = codeOf(error);
  const known: ErrorCode = isErrorCode(code) ? code : "internal";
  return { message: messageOf(error), codex_error_info: errorInfo(known, statusOf(error)), code: known };
}
