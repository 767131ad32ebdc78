import { codeOf, messageOf } from "@codex/common";

/** What a command that threw leaves on stderr: one line for an expected failure, the stack for our own bug. */
export function describeFailure(error: unknown): string {
  const code = codeOf(error);
  if (code !== undefined && code !== "internal") return `error: ${messageOf(error).trimEnd()}\n`;
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `error: internal error, please report it with these lines\n${trace}\n`;
}
