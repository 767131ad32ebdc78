/**
 * - `invalid_patch` the envelope is wrong · `invalid_hunk` a line inside it is wrong
 * - `no_changes` a well-formed patch without a hunk
 * - `duplicate_target` two hunks write the same file
 * - `context_not_found` an `@@` line · `lines_not_found` the old lines are not in the file
 * - `not_utf8` the file (or patch) is not UTF-8 text
 * - `file_error` a file operation failed
 * - `stale` the file changed between planning and applying
 * - `aborted` the signal stopped the application of a plan
 */
export type PatchErrorCode =
  | "invalid_patch"
  | "invalid_hunk"
  | "no_changes"
  | "duplicate_target"
  | "context_not_found"
  | "lines_not_found"
  | "not_utf8"
  | "file_error"
  | "stale"
  | "aborted";

/** Where in the patch, and in which file, something went wrong. */
export type PatchErrorPlace = {
  /** Index of the hunk, from 0. */
  readonly hunk?: number;
  /** Line of the patch text, from 1. */
  readonly line?: number;
  /** Absolute path, once the patch is bound to a directory. */
  readonly path?: string;
  readonly cause?: unknown;
};

/** The only error this package throws on purpose. Recognise it by `code`. */
export class PatchError extends Error {
  override readonly name = "PatchError";
  readonly code: PatchErrorCode;
  /** The message without its leading "invalid patch:" and the like. */
  readonly reason: string;
  readonly hunk: number | undefined;
  readonly line: number | undefined;
  readonly path: string | undefined;

  constructor(code: PatchErrorCode, reason: string, place: PatchErrorPlace = {}) {
    super(displayText(code, reason, place.line), place.cause === undefined ? undefined : { cause: place.cause });
    this.code = code;
    this.reason = reason;
    this.hunk = place.hunk;
    this.line = place.line;
    this.path = place.path;
  }
}

function displayText(code: PatchErrorCode, reason: string, line: number | undefined): string {
  if (code === "invalid_patch" || code === "duplicate_target") return `invalid patch: ${reason}`;
  if (code === "invalid_hunk") return `invalid hunk at line ${line ?? 0}, ${reason}`;
  return reason;
}
