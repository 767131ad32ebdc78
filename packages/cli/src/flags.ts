import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { SandboxMode } from "@codex/protocol";

/** A command line, understood or not. */
export type Parsed<T> =
  | { readonly type: "run"; readonly value: T }
  | { readonly type: "help"; readonly text: string }
  /** One line that says what is wrong. */
  | { readonly type: "usage"; readonly message: string };

/** What may be said to every command that reads the configuration. */
export type SharedFlags = {
  readonly config: readonly string[];
  readonly enable: readonly string[];
  readonly disable: readonly string[];
  readonly profile?: string;
  readonly cd?: string;
  readonly sandbox?: SandboxMode;
  readonly ignoreUserConfig?: true;
  readonly ignoreRules?: true;
  readonly strictConfig?: true;
};

const SANDBOX_MODES = [
  "read-only",
  "workspace-write",
  "danger-full-access",
  "external-sandbox",
] as const satisfies readonly SandboxMode[];

/** A command with the options of `SharedFlags`. Each command declares its own beside itself, and none elsewhere. */
export function sharedOptions(command: Command): Command {
  return command
    .addOption(new Option("-s, --sandbox <MODE>", "what commands may touch").choices(SANDBOX_MODES))
    .option("-c, --config <KEY=VALUE>", "override one value of config.toml (repeatable)", collect, [])
    .option("--enable <FEATURE>", "same as -c features.FEATURE=true (repeatable)", collect, [])
    .option("--disable <FEATURE>", "same as -c features.FEATURE=false (repeatable)", collect, [])
    .option("-p, --profile <NAME>", "also read $CODEX_HOME/NAME.config.toml")
    .option("-C, --cd <DIR>", "work in this directory")
    .option("--ignore-user-config", "do not read $CODEX_HOME/config.toml")
    .option("--ignore-rules", "do not read the command rules of the user and the project")
    .option("--strict-config", "unknown configuration keys are errors");
}

/** Reads `argv` (without the name of the command). `value` takes the flags out of it and may `command.error`. */
export function parse<T>(command: Command, argv: readonly string[], value: () => T): Parsed<T> {
  let text = "";
  let problem = "";
  command
    .exitOverride()
    .helpOption("-h, --help", "show this text")
    .configureOutput({ writeOut: (part) => (text += part), writeErr: (part) => (problem += part) });
  try {
    command.parse([...argv], { from: "user" });
    return { type: "run", value: value() };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { type: "help", text };
    return { type: "usage", message: problem.trim().replaceAll(/\s*\n\s*/g, " ") };
  }
}

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It is not a whole number.");
  return Number(text);
}

export function amountOf(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError("It is not a number.");
  return Number(text);
}

export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
