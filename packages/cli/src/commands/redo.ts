import type { ExitCode } from "../exit-codes.js";
import { runUndo } from "../run-undo.js";

/** `codex redo`: makes again what was taken back last. */
export function redo(argv: readonly string[]): Promise<ExitCode> {
  return runUndo("redo", argv);
}
