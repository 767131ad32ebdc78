import { nodeFiles, runApplyPatch } from "@codex/apply-patch";
import type { ExitCode } from "../exit-codes.js";

/** This program as `apply_patch` (exec.md §1.9). */
export async function applyPatch(args: readonly string[]): Promise<ExitCode> {
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort());
  return runApplyPatch(
    {
      args,
      cwd: process.cwd(),
      files: nodeFiles(),
      ...(process.stdin.isTTY ? {} : { stdin: process.stdin }),
      writeOutput: (text) => process.stdout.write(text),
      writeError: (text) => process.stderr.write(text),
    },
    interrupted.signal,
  );
}
