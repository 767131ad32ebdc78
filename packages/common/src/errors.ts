/** Whether another attempt may help, and after how long. */
export type RetryAdvice = "no" | "backoff" | { readonly after_ms: number };

export type CodexErrorOptions = {
  readonly cause?: unknown;
  readonly retry?: RetryAdvice;
  /** HTTP status, where there was one. */
  readonly status?: number;
};

/**
 * An expected failure with a code. Recognise it by `code`, never by `instanceof`: each package carries its own copy
 * of this class. The message is one line that says what to do, and holds no secret.
 */
export class CodexError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly retry: RetryAdvice;
  readonly status: number | undefined;

  constructor(code: Code, message: string, options: CodexErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "CodexError";
    this.code = code;
    this.retry = options.retry ?? "no";
    this.status = options.status;
  }
}

/** The code of any error of ours or of Node's; `undefined` for everything else. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The invariant broke: our bug. Use at places that types cannot reach. */
export function invariant(condition: boolean, what: string): asserts condition {
  if (!condition) throw new CodexError("internal", `broken invariant: ${what}`);
}
