import { runExecpolicy } from "@codex/execpolicy";
import type { ExitCode } from "../exit-codes.js";

/** `codex execpolicy check`: what rules files say about a command, as JSON (exec.md §2.3). */
export async function execpolicy(args: readonly string[]): Promise<ExitCode> {
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort());
  return runExecpolicy(
    {
      args,
      writeOutput: (text) => process.stdout.write(text),
      writeError: (text) => process.stderr.write(text),
    },
    interrupted.signal,
  );
}
