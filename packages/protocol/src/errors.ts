/** Wire form of an error's kind (core.md §1.4 CodexErrorInfo). */
export type CodexErrorInfo =
  | "context_window_exceeded"
  | "usage_limit_exceeded"
  | "server_overloaded"
  | "internal_server_error"
  | "unauthorized"
  | "bad_request"
  | "sandbox_error"
  | "other"
  | { readonly http_connection_failed: { readonly http_status_code: number | null } }
  | { readonly response_stream_connection_failed: { readonly http_status_code: number | null } }
  | { readonly response_stream_disconnected: { readonly http_status_code: number | null } }
  | { readonly response_too_many_failed_attempts: { readonly http_status_code: number | null } }
  | { readonly active_turn_not_steerable: { readonly turn_kind: "review" | "compact" } }
  | "thread_rollback_failed";

/** Whether another attempt may help. The delay of `rate_limited` comes from the error itself. */
export type Retry = "no" | "backoff";

type WireName = Extract<CodexErrorInfo, string> | KeysOfUnion<Exclude<CodexErrorInfo, string>>;
type KeysOfUnion<T> = T extends unknown ? keyof T : never;

type ErrorRow = { readonly retry: Retry; readonly wire: WireName };

/** Every code that crosses a package, whether a retry may help, and its wire name (core.md §8.1; live.md §0, §1.2). */
export const ERROR_TABLE = {
  // the model
  stream_disconnected: { retry: "backoff", wire: "response_stream_disconnected" },
  response_stream_failed: { retry: "backoff", wire: "response_stream_connection_failed" },
  connection_failed: { retry: "backoff", wire: "http_connection_failed" },
  unexpected_status: { retry: "backoff", wire: "other" },
  internal_server_error: { retry: "backoff", wire: "internal_server_error" },
  rate_limited: { retry: "backoff", wire: "response_too_many_failed_attempts" },
  retry_limit: { retry: "no", wire: "response_too_many_failed_attempts" },
  incomplete_response: { retry: "no", wire: "other" },
  context_window_exceeded: { retry: "no", wire: "context_window_exceeded" },
  usage_limit_reached: { retry: "no", wire: "usage_limit_exceeded" },
  quota_exceeded: { retry: "no", wire: "usage_limit_exceeded" },
  usage_not_included: { retry: "no", wire: "usage_limit_exceeded" },
  server_overloaded: { retry: "no", wire: "server_overloaded" },
  invalid_request: { retry: "no", wire: "other" },
  invalid_image: { retry: "no", wire: "bad_request" },
  policy_refusal: { retry: "no", wire: "other" },
  // who we are
  unauthorized: { retry: "no", wire: "unauthorized" },
  missing_credential: { retry: "no", wire: "unauthorized" },
  // a recording
  replay_mismatch: { retry: "no", wire: "other" },
  replay_exhausted: { retry: "no", wire: "other" },
  recording_invalid: { retry: "no", wire: "other" },
  // this machine
  sandbox_unavailable: { retry: "no", wire: "sandbox_error" },
  file_error: { retry: "no", wire: "other" },
  // what we were given
  config_invalid: { retry: "no", wire: "bad_request" },
  bad_request: { retry: "no", wire: "bad_request" },
  session_not_found: { retry: "no", wire: "bad_request" },
  session_busy: { retry: "no", wire: "bad_request" },
  decode_failed: { retry: "no", wire: "other" },
  // what ends a turn
  limit_reached: { retry: "no", wire: "other" },
  turn_failed: { retry: "no", wire: "other" },
  turn_interrupted: { retry: "no", wire: "other" },
  // our bug
  internal: { retry: "no", wire: "other" },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERROR_TABLE;

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(ERROR_TABLE, code);
}

/** The wire form of a code; `status` fills the forms that carry an HTTP status. */
export function errorInfo(code: ErrorCode, status?: number): CodexErrorInfo {
  const wire: WireName = ERROR_TABLE[code].wire;
  const http_status_code = status ?? null;
  switch (wire) {
    case "http_connection_failed":
      return { http_connection_failed: { http_status_code } };
    case "response_stream_connection_failed":
      return { response_stream_connection_failed: { http_status_code } };
    case "response_stream_disconnected":
      return { response_stream_disconnected: { http_status_code } };
    case "response_too_many_failed_attempts":
      return { response_too_many_failed_attempts: { http_status_code } };
    case "context_window_exceeded":
    case "usage_limit_exceeded":
    case "server_overloaded":
    case "internal_server_error":
    case "unauthorized":
    case "bad_request":
    case "sandbox_error":
    case "other":
      return wire;
    default:
      return wire satisfies never;
  }
}
