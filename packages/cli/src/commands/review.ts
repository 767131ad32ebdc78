import { Command, Option } from "commander";
import { openReview } from "@codex/core";
import type { ReviewTarget } from "@codex/protocol";
import { CodexError } from "@codex/common";
import { execOptions, parseTask, type ExecFlags } from "./exec-flags.js";
import type { ExitCode } from "../exit-codes.js";
import type { Parsed } from "../flags.js";
import { printParsed } from "../print-parsed.js";
import { runExecCommand } from "../run-exec-command.js";

export type ReviewFlags = ExecFlags & {
  readonly uncommitted?: true;
  /** A branch. */
  readonly base?: string;
  readonly commit?: string;
  /** Of the commit. */
  readonly title?: string;
};

/** `codex exec review` and `codex review` (core.md §6.1). */
function parseReviewFlags(argv: readonly string[]): Parsed<ReviewFlags> {
  const command = execOptions(new Command("codex review"))
    .description("Have a change reviewed. Nothing is changed by it.")
    .argument("[PROMPT]", "what to review, in words; `-` reads it from stdin")
    .addOption(
      new Option("--uncommitted", "what is staged, unstaged and untracked").conflicts(["base", "commit", "title"]),
    )
    .addOption(new Option("--base <BRANCH>", "what this branch adds to that one").conflicts(["commit", "title"]))
    .option("--commit <SHA>", "what one commit changes")
    .option("--title <TITLE>", "with --commit: its title, for the report");
  return parseTask(command, argv, () => {
    const options = command.opts<Omit<ReviewFlags, "prompt">>();
    const [prompt] = command.args;
    const target = options.uncommitted === true ? "--uncommitted" : options.base === undefined ? "--commit" : "--base";
    if (prompt !== undefined && namedTarget(options) !== undefined) {
      command.error(`error: a prompt cannot be used with ${target}: the flag says what is reviewed`);
    }
    if (options.title !== undefined && options.commit === undefined) {
      command.error("error: --title needs the commit: --commit SHA");
    }
    return { prompt, ...options };
  });
}

/** A review as a task: no target is an error of the call, not of its form (live.md §1.2). */
export async function review(argv: readonly string[]): Promise<ExitCode> {
  const parsed = parseReviewFlags(argv);
  if (parsed.type !== "run") return printParsed(parsed, "review");
  const flags = parsed.value;
  const target = namedTarget(flags) ?? (flags.prompt === undefined ? undefined : "prompt");
  if (target === undefined) {
    throw new CodexError("bad_request", "say what to review: --uncommitted, --base BRANCH, --commit SHA, or a prompt");
  }
  return runExecCommand({ flags, review: { target, open: openReview } });
}

function namedTarget(flags: Omit<ReviewFlags, "prompt">): ReviewTarget | undefined {
  const { uncommitted, base, commit, title } = flags;
  if (uncommitted === true) return { type: "uncommittedChanges" };
  if (base !== undefined) return { type: "baseBranch", branch: base };
  if (commit === undefined) return undefined;
  return { type: "commit", sha: commit, ...(title === undefined ? {} : { title }) };
}
