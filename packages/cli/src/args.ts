import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { SandboxMode } from "@codex/protocol";
import type { ColourChoice } from "@codex/headless";

/** A command line, understood or not. */
export type Parsed<T> =
  | { readonly type: "run"; readonly value: T }
  | { readonly type: "help"; readonly text: string }
  /** One line that says what is wrong. */
  | { readonly type: "usage"; readonly message: string };

/** What may be said to several commands. */
type SharedFlags = {
  readonly config: readonly string[];
  readonly enable: readonly string[];
  readonly disable: readonly string[];
  readonly profile?: string;
  readonly cd?: string;
  readonly sandbox?: SandboxMode;
  readonly ignoreUserConfig?: true;
  readonly strictConfig?: true;
};

export type ExecFlags = SharedFlags & {
  readonly prompt: string | undefined;
  readonly json?: true;
  readonly model?: string;
  readonly addDir: readonly string[];
  readonly skipGitRepoCheck?: true;
  readonly outputLastMessage?: string;
  readonly outputSchema?: string;
  readonly color: ColourChoice;
  readonly ephemeral?: true;
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

export type SandboxFlags = SharedFlags & {
  readonly addDir: readonly string[];
  readonly network?: true;
  readonly status?: true;
  readonly command: readonly string[];
};

export type ExplainFlags = SharedFlags & { readonly json?: true; readonly command: readonly string[] };

const SANDBOX_MODES = [
  "read-only",
  "workspace-write",
  "danger-full-access",
  "external-sandbox",
] as const satisfies readonly SandboxMode[];
const COLOURS = ["auto", "always", "never"] as const satisfies readonly ColourChoice[];
const COMMANDS = ["exec", "sandbox", "explain", "debug", "demo", "help"];

/** `codex exec` (core.md §6.1), as far as it is built. */
export function parseExec(argv: readonly string[]): Parsed<ExecFlags> {
  const command = execOptions(new Command("codex exec"))
    .description("Do one task without questions, then exit. Also: codex exec resume, codex exec fork.")
    .argument("[PROMPT]", "the task; `-` reads it from stdin, and piped input is added to it");
  return parse(command, argv, () => ({ prompt: command.args[0], ...command.opts<Omit<ExecFlags, "prompt">>() }));
}

/** `codex debug prompt [PROMPT]`: what `codex exec` takes. */
export function parseDebugPrompt(argv: readonly string[]): Parsed<ExecFlags> {
  const command = execOptions(new Command("codex debug prompt"))
    .description(
      "Show the request that codex exec would send, with the size and source of every part; --json: as it is.",
    )
    .argument("[PROMPT]", "the task");
  return parse(command, argv, () => ({ prompt: command.args[0], ...command.opts<Omit<ExecFlags, "prompt">>() }));
}

/** `codex exec resume [SESSION] [PROMPT]`; with `--last` the only word is the prompt (core.md §6.1, §6.2). */
export function parseResume(argv: readonly string[]): Parsed<ResumeFlags> {
  const command = execOptions(new Command("codex exec resume"))
    .description("Go on with a session: one more task, in the current directory.")
    .argument("[SESSION]", "id or name of the session")
    .argument("[PROMPT]", "the task; `-`, or leaving it out, reads it from stdin")
    .option("--last", "the session that was written last in this directory")
    .option("--all", "with --last: whatever its directory");
  return parse(command, argv, () => {
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
  return parse(command, argv, () => {
    const [session, prompt] = command.args;
    return { session, prompt, ...command.opts<Omit<ResumeFlags, "prompt" | "session">>() };
  });
}

function execOptions(command: Command): Command {
  return shared(command)
    .option("-m, --model <NAME>", "model to ask")
    .addOption(
      new Option("--dangerously-bypass-approvals-and-sandbox", "no sandbox at all (alias --yolo)").conflicts("sandbox"),
    )
    .addOption(
      new Option("--yolo").hideHelp().conflicts("sandbox").implies({ dangerouslyBypassApprovalsAndSandbox: true }),
    )
    .option("--add-dir <DIR>", "one more writable directory (repeatable)", collect, [])
    .option("--skip-git-repo-check", "run outside a Git repository too")
    .option("--json", "write one JSON event a line to stdout (alias --experimental-json)")
    .addOption(new Option("--experimental-json").hideHelp().implies({ json: true }))
    .option("-o, --output-last-message <FILE>", "write the final message to a file")
    .option("--output-schema <FILE>", "JSON Schema that the final message must satisfy")
    .addOption(new Option("--color <WHEN>", "colours on stderr").choices(COLOURS).default("auto"))
    .option("--ephemeral", "leave no session file")
    .option("--replay <FILE>", "answer from a recording instead of a model; strict")
    .option("--from <N>", "with --replay: after N recorded requests, go on with a real model", wholeNumber)
    .option("--record <FILE>", "record what the model answers");
}

/** `codex sandbox [OPTIONS] -- COMMAND…` */
export function parseSandbox(argv: readonly string[]): Parsed<SandboxFlags> {
  const command = shared(new Command("codex sandbox"))
    .description("Run a command inside the sandbox; its input, output and exit status are passed through.")
    .argument("[COMMAND...]", "the program and its arguments, after `--`")
    .option("--add-dir <DIR>", "one more writable directory (repeatable)", collect, [])
    .option("--network", "let the command reach the network")
    .option("--status", "say what this machine can enforce")
    .passThroughOptions();
  return parse(command, argv, () => ({ command: command.args, ...command.opts<Omit<SandboxFlags, "command">>() }));
}

/** `codex explain [OPTIONS] -- COMMAND…` */
export function parseExplain(argv: readonly string[]): Parsed<ExplainFlags> {
  const command = shared(new Command("codex explain"))
    .description("Say what would happen to a command under the current settings, and why. Nothing is run.")
    .argument("<COMMAND...>", "the program and its arguments, after `--`; one word with blanks is a shell script")
    .option("--json", "write one JSON object")
    .passThroughOptions();
  return parse(command, argv, () => ({ command: command.args, ...command.opts<Omit<ExplainFlags, "command">>() }));
}

/** Why `codex WORD` is no command of ours, with the nearest one. */
export function rootProblem(word: string): string {
  const root = new Command("codex");
  for (const name of COMMANDS) root.command(name);
  const parsed = parse(root, [word], () => undefined);
  return parsed.type === "usage" ? parsed.message : `error: unknown command '${word}'`;
}

function shared(command: Command): Command {
  return command
    .addOption(new Option("-s, --sandbox <MODE>", "what commands may touch").choices(SANDBOX_MODES))
    .option("-c, --config <KEY=VALUE>", "override one value of config.toml (repeatable)", collect, [])
    .option("--enable <FEATURE>", "same as -c features.FEATURE=true (repeatable)", collect, [])
    .option("--disable <FEATURE>", "same as -c features.FEATURE=false (repeatable)", collect, [])
    .option("-p, --profile <NAME>", "also read $CODEX_HOME/NAME.config.toml")
    .option("-C, --cd <DIR>", "work in this directory")
    .option("--ignore-user-config", "do not read $CODEX_HOME/config.toml")
    .option("--strict-config", "unknown configuration keys are errors");
}

function parse<T>(command: Command, argv: readonly string[], value: () => T): Parsed<T> {
  let text = "";
  let problem = "";
  command
    .exitOverride()
    .helpOption("-h, --help", "show this text")
    .configureOutput({ writeOut: (part) => (text += part), writeErr: (part) => (problem += part) });
  try {
    command.parse([...argv], { from: "user" });
    checkReplay(command);
    return { type: "run", value: value() };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { type: "help", text };
    return { type: "usage", message: problem.trim().replaceAll(/\s*\n\s*/g, " ") };
  }
}

/** A recording is replayed as it is, or it is where something new begins, which may be recorded. */
function checkReplay(command: Command): void {
  const { replay, from, record } = command.opts<Pick<ExecFlags, "replay" | "from" | "record">>();
  if (from !== undefined && replay === undefined) command.error("error: --from needs the recording: --replay FILE");
  if (replay === undefined || record === undefined || from !== undefined) return;
  command.error("error: --replay cannot be used with --record, unless --from N says where a real model goes on");
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It is not a whole number.");
  return Number(text);
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
