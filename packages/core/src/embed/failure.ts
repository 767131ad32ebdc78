import { isErrorCode } from "@codex/protocol";
import type { ErrorCode } from "@codex/protocol";
import { codeOf } from "@codex/common";

/** A failure that Codex expects; its message is one line that says what to do. */
export type CodexFailure = Error & { readonly code: ErrorCode };

/** Whether an error is one of Codex's own, by its code; a failed turn says more in `reason` (see `TurnFailed`). */
export function isCodexFailure(error: unknown): error is CodexFailure {
  return error instanceof Error && isErrorCode(codeOf(error));
}
