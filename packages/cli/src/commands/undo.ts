import type { ExitCode } from "../exit-codes.js";
import { runUndo } from "../run-undo.js";

/** `codex undo`: takes back what the last steps of a session did to files, and the conversation about them. */
export function undo(argv: readonly string[]): Promise<ExitCode> {
  return runUndo("undo", argv);
}
