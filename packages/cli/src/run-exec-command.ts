import { createCodex } from "@codex/core";
import type { Outcome } from "@codex/headless";
import { EXIT, type ExitCode } from "./exit-codes.js";
import { watchSignals } from "./signals.js";
import { standardInput } from "./standard-input.js";
import { runTask, type Task } from "./task.js";
import { VERSION } from "./version.js";

const EXIT_OF = {
  completed: EXIT.ok,
  failed: EXIT.failed,
  interrupted: EXIT.failed,
  unread: EXIT.unread,
} as const satisfies Record<Outcome, ExitCode>;

/** A task in this process, with its streams and signals. */
export async function runExecCommand(task: Task): Promise<ExitCode> {
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
  const outcome = await runTask(task, world, signals.signal).catch((error: unknown) => {
    // Stopped before there was a turn to interrupt: nothing has to be said.
    if (signals.signal.aborted) return "interrupted" as const;
    throw error;
  });
  signals.finish();
  return EXIT_OF[outcome];
}
