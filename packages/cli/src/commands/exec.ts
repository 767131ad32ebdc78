import { createCodex } from "@codex/core";
import type { Outcome } from "@codex/headless";
import { parseExec } from "../args.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { printParsed } from "../print-parsed.js";
import { watchSignals } from "../signals.js";
import { standardInput } from "../standard-input.js";
import { runTask } from "../task.js";
import { VERSION } from "../version.js";

const EXIT_OF = {
  completed: EXIT.ok,
  failed: EXIT.failed,
  interrupted: EXIT.failed,
  unread: EXIT.unread,
} as const satisfies Record<Outcome, ExitCode>;

/** `codex exec` (core.md §6): one task without questions. */
export async function exec(argv: readonly string[]): Promise<ExitCode> {
  const parsed = parseExec(argv);
  if (parsed.type !== "run") return printParsed(parsed, "exec");
  using signals = watchSignals();
  const world = {
    createCodex,
    input: standardInput(),
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    version: VERSION,
  };
  const outcome = await runTask(parsed.value, world, signals.signal).catch((error: unknown) => {
    // Stopped before there was a turn to interrupt: nothing has to be said.
    if (signals.signal.aborted) return "interrupted" as const;
    throw error;
  });
  signals.finish();
  return EXIT_OF[outcome];
}
