import { parseExec } from "./exec-flags.js";
import { commandWord } from "../command-word.js";
import type { ExitCode } from "../exit-codes.js";
import { printParsed } from "../print-parsed.js";
import { runExecCommand } from "../run-exec-command.js";

/** `codex exec` (core.md §6): one task without questions. */
export async function exec(argv: readonly string[]): Promise<ExitCode> {
  const { command, rest } = commandWord(argv);
  if (command === "resume") return (await import("./exec-resume.js")).execResume(rest);
  if (command === "fork") return (await import("./exec-resume.js")).execFork(rest);
  if (command === "review") return (await import("./review.js")).review(rest);
  const parsed = parseExec(argv);
  return parsed.type === "run" ? runExecCommand({ flags: parsed.value }) : printParsed(parsed, "exec");
}
