import { Command, Option } from "commander";
import type { ColourChoice } from "@codex/headless";
import { amountOf, collect, parse, sharedOptions, wholeNumber, type Parsed, type SharedFlags } from "../flags.js";

export type ExecFlags = SharedFlags & {
  readonly prompt: string | undefined;
  /** As written. */
  readonly image: readonly string[];
  readonly json?: true;
  readonly model?: string;
  /** A local model. */
  readonly oss?: true;
  readonly localProvider?: LocalProvider;
  /** Let the server search the web. */
  readonly search?: true;
  readonly addDir: readonly string[];
  readonly skipGitRepoCheck?: true;
  readonly outputLastMessage?: string;
  readonly outputSchema?: string;
  readonly color: ColourChoice;
  readonly ephemeral?: true;
  readonly maxTokens?: number;
  readonly maxUsd?: number;
  readonly maxTurns?: number;
  /** Seconds. */
  readonly backgroundWait: number;
  /** Older way to say `-s workspace-write`. */
  readonly fullAuto?: true;
  readonly dangerouslyBypassApprovalsAndSandbox?: true;
  readonly replay?: string;
  readonly from?: number;
  readonly record?: string;
};

/** `exec resume` and `exec fork`: a run that begins with another session. */
export type ResumeFlags = ExecFlags & {
  /** Id or name. */
  readonly session: string | undefined;
  /** The newest session instead. */
  readonly last?: true;
  /** Sessions of every directory, not only of this one. */
  readonly all?: true;
};

/** Flags that say what commands may touch, besides the bypass. */
const OTHER_MODES = ["sandbox", "fullAuto"];

type LocalProvider = "ollama" | "lmstudio";

const LOCAL_PROVIDERS = ["ollama", "lmstudio"] as const satisfies readonly LocalProvider[];
const POLICIES = ["untrusted", "on-failure", "on-request", "never"];
const COLOURS = ["auto", "always", "never"] as const satisfies readonly ColourChoice[];

/** `codex exec` (core.md §6.1), as far as it is built. */
export function parseExec(argv: readonly string[]): Parsed<ExecFlags> {
  const command = execOptions(new Command("codex exec"))
    .description("Do one task without questions, then exit. Also: codex exec resume, fork and review.")
    .argument("[PROMPT]", "the task; `-` reads it from stdin, and piped input is added to it");
  return parseTask(command, argv, () => ({ prompt: command.args[0], ...command.opts<Omit<ExecFlags, "prompt">>() }));
}

/** `codex exec resume [SESSION] [PROMPT]`; with `--last` the only word is the prompt (core.md §6.1, §6.2). */
export function parseResume(argv: readonly string[]): Parsed<ResumeFlags> {
  const command = execOptions(new Command("codex exec resume"))
    .description("Go on with a session: one more task, in the current directory.")
    .argument("[SESSION]", "id or name of the session")
    .argument("[PROMPT]", "the task; `-`, or leaving it out, reads it from stdin")
    .option("--last", "the session that was written last in this directory")
    .option("--all", "with --last: whatever its directory");
  return parseTask(command, argv, () => {
    const options = command.opts<Omit<ResumeFlags, "prompt" | "session">>();
    const [first, second] = command.args;
    if (options.last !== true) return { session: first, prompt: second, ...options };
    if (second !== undefined) command.error("error: --last takes one argument, the prompt", { exitCode: 2 });
    return { session: undefined, prompt: first, ...options };
  });
}

/** `codex exec fork SESSION [PROMPT]` */
export function parseFork(argv: readonly string[]): Parsed<ResumeFlags> {
  const command = execOptions(new Command("codex exec fork"))
    .description("Begin a new session with what another one knew; the other one stays as it is.")
    .argument("<SESSION>", "id or name of the session")
    .argument("[PROMPT]", "the task; `-`, or leaving it out, reads it from stdin");
  return parseTask(command, argv, () => {
    const [session, prompt] = command.args;
    return { session, prompt, ...command.opts<Omit<ResumeFlags, "prompt" | "session">>() };
  });
}

/** Options of every command that runs a task. */
export function execOptions(command: Command): Command {
  return modelOptions(sharedOptions(command))
    .option("-i, --image <FILE>", "show the model a picture (repeatable, or several with commas)", collectFiles, [])
    .addOption(
      new Option("--dangerously-bypass-approvals-and-sandbox", "no sandbox at all (alias --yolo)").conflicts(
        OTHER_MODES,
      ),
    )
    .addOption(
      new Option("--yolo").hideHelp().conflicts(OTHER_MODES).implies({ dangerouslyBypassApprovalsAndSandbox: true }),
    )
    .addOption(new Option("--full-auto").hideHelp().conflicts("sandbox"))
    .option("--add-dir <DIR>", "one more writable directory (repeatable)", collect, [])
    .option("--skip-git-repo-check", "run outside a Git repository too")
    .option("--json", "write one JSON event a line to stdout (alias --experimental-json)")
    .addOption(new Option("--experimental-json").hideHelp().implies({ json: true }))
    .option("-o, --output-last-message <FILE>", "write the final message to a file")
    .option("--output-schema <FILE>", "JSON Schema that the final message must satisfy")
    .addOption(new Option("--color <WHEN>", "colours on stderr").choices(COLOURS).default("auto"))
    .option("--ephemeral", "leave no session file")
    .option("--max-tokens <N>", "stop when the run has used this many tokens", wholeNumber)
    .option("--max-usd <AMOUNT>", "stop when the run has cost this much", amountOf)
    .option("--max-turns <N>", "stop after this many requests to the model", wholeNumber)
    .option("--background-wait <SECONDS>", "how long commands may run on after the answer", amountOf, 2)
    .option("--replay <FILE>", "answer from a recording instead of a model; strict")
    .option("--from <N>", "with --replay: after N recorded requests, go on with a real model", wholeNumber)
    .option("--record <FILE>", "record what the model answers");
}

/**
 * Which model. Two hidden ones are said by the official client (services.md §8.1), one by scripts for the real Codex,
 * which never asks under `exec` either (live.md §7): they change nothing here.
 */
function modelOptions(command: Command): Command {
  return command
    .option("-m, --model <NAME>", "model to ask")
    .option("--oss", "ask a model on this machine")
    .addOption(new Option("--local-provider <NAME>", "which server has it").choices(LOCAL_PROVIDERS))
    .option("--search", "let the model search the web")
    .addOption(new Option("-a, --ask-for-approval <POLICY>").hideHelp().choices(POLICIES))
    .addOption(new Option("--thread-source <NAME>").hideHelp())
    .addOption(new Option("--cyber-access-program <NAME>").hideHelp());
}

/** `parse` for a command with `execOptions`. */
export function parseTask<T>(command: Command, argv: readonly string[], value: () => T): Parsed<T> {
  return parse(command, withEachImage(argv), () => {
    checkReplay(command);
    return value();
  });
}

/** A recording is replayed as it is, or it is where something new begins, which may be recorded. */
function checkReplay(command: Command): void {
  const { replay, from, record } = command.opts<Pick<ExecFlags, "replay" | "from" | "record">>();
  if (from !== undefined && replay === undefined) command.error("error: --from needs the recording: --replay FILE");
  if (replay === undefined || record === undefined || from !== undefined) return;
  command.error("error: --replay cannot be used with --record, unless --from N says where a real model goes on");
}

/** `-i a.png b.png` names two pictures, `-i a.png "what is this"` one: the real Codex takes every word that follows. */
function withEachImage(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf("--");
  const named = new Set<number>();
  const isImageFlag = (word: string | undefined): boolean => word === "-i" || word === "--image";
  return argv.flatMap((word, index) => {
    if (end !== -1 && index > end) return [word];
    const is_more = index > 1 && /\.(png|jpe?g|gif|webp)$/i.test(word) && named.has(index - 1);
    if (is_more || isImageFlag(argv[index - 1])) named.add(index);
    return is_more ? ["-i", word] : [word];
  });
}

function collectFiles(value: string, before: readonly string[]): readonly string[] {
  return [...before, ...value.split(",").filter((file) => file !== "")];
}
