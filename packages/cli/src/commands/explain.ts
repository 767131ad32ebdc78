import { homedir } from "node:os";
import { Command } from "commander";
import { loadConfig } from "@codex/config";
import { explainFor, explanationText } from "@codex/core";
import { selectShell, shellArgv } from "@codex/exec";
import { resolvePolicy } from "@codex/linux-sandbox";
import { configOptions, workingDirectory } from "../config-flags.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { explainPast } from "../explain-past.js";
import { collect, parse, sharedOptions, type Parsed, type SharedFlags } from "../flags.js";
import { printParsed } from "../print-parsed.js";

export type ExplainFlags = SharedFlags & {
  readonly json?: true;
  readonly history?: true;
  /** With `history`: sessions of every directory. */
  readonly all?: true;
  /** With `history`: rules files that would be added. */
  readonly rules: readonly string[];
  readonly command: readonly string[];
};

/** `codex explain [OPTIONS] -- COMMAND…` */
function parseExplain(argv: readonly string[]): Parsed<ExplainFlags> {
  const command = sharedOptions(new Command("codex explain"))
    .description("Say what would happen to a command under the current settings, and why. Nothing is run.")
    .argument("[COMMAND...]", "the program and its arguments, after `--`; one word with blanks is a shell script")
    .option("--json", "write one JSON object")
    .option("--history", "instead of one command: what the settings would change for the commands of past sessions")
    .option("--all", "with --history: sessions of every directory, not only of this one")
    .option("--rules <FILE>", "with --history: as if this rules file were there too (repeatable)", collect, [])
    .passThroughOptions();
  return parse(command, argv, () => {
    const options = command.opts<Omit<ExplainFlags, "command">>();
    const problem = problemWith(options, command.args);
    if (problem !== undefined) command.error(`error: ${problem}`, { exitCode: 2 });
    return { command: command.args, ...options };
  });
}

function problemWith({ history, all, rules }: Omit<ExplainFlags, "command">, words: readonly string[]) {
  if (history === true) return words.length > 0 ? "--history takes no command" : undefined;
  if (all === true || rules.length > 0) return "--all and --rules go with --history";
  return words.length === 0 ? "name a command after `--`, or say --history" : undefined;
}

/** `codex explain -- COMMAND…`: the whole chain for one command. Says the same as what decides when it is run. */
export async function explain(argv: readonly string[]): Promise<ExitCode> {
  const parsed = parseExplain(argv);
  if (parsed.type !== "run") return printParsed(parsed, "explain");
  const flags = parsed.value;
  const { env } = process;
  const { signal } = new AbortController();
  const cwd = await workingDirectory(process.cwd(), flags.cd);
  const typed = flags.sandbox === undefined ? {} : { sandbox_mode: flags.sandbox };
  const config = await loadConfig({ ...configOptions(flags), cwd, env, typed });
  if (flags.history === true) return explainPast(flags, config, signal);
  const hide = { ...config.sandbox, home: homedir(), codex_home: config.home };
  const options = { ...hide, tmpdir: env["TMPDIR"] };
  const resolved = await resolvePolicy(config.settings.sandbox_policy, cwd, options);
  const explanation = await explainFor({ argv: asRun(flags.command), config, resolved }, signal);
  const text = flags.json === true ? `${JSON.stringify(explanation)}\n` : explanationText(explanation);
  process.stdout.write(text);
  return EXIT.ok;
}

/** A script comes with the shell that a session would put around it. */
function asRun(words: readonly string[]): readonly string[] {
  const [script = "", ...others] = words;
  if (others.length > 0 || !/[^\w./+-]/.test(script)) return words;
  const { SHELL, PATH } = process.env;
  return shellArgv(selectShell({ env_shell: SHELL, path: PATH }), script, { login: true });
}
