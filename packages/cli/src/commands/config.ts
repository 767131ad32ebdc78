import { join } from "node:path";
import { Command } from "commander";
import {
  codexHome,
  configKey,
  editFile,
  inspectAll,
  inspectKey,
  isSecretKey,
  loadConfig,
  locate,
  overrideValue,
  tomlValue,
  type Config,
  type Inspected,
  type Origin,
} from "@codex/config";
import { lockFile } from "@codex/exec";
import { commandWord } from "../command-word.js";
import { configOptions, workingDirectory } from "../config-flags.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { parse, sharedOptions, type Parsed, type SharedFlags } from "../flags.js";
import { printParsed } from "../print-parsed.js";

type ConfigFlags = SharedFlags & { readonly words: readonly string[] };

const USES = {
  path: { words: "", about: "Print the path of your config.toml." },
  list: { words: "", about: "Print every key that is set, its value, and where it is set." },
  get: { words: "<KEY>", about: "Print the value in force." },
  set: { words: "<KEY> <VALUE>", about: "Set one key of your config.toml; comments and order stay." },
  explain: { words: "<KEY>", about: "Print the value in force, where it comes from, and what it overrode." },
} as const satisfies Record<string, { readonly words: string; readonly about: string }>;

type Use = keyof typeof USES;

/** `codex config path|list|get|set|explain`. */
export async function config(argv: readonly string[]): Promise<ExitCode> {
  const { command, rest } = commandWord(argv);
  const use = command ?? "--help";
  if (!isUse(use)) return printParsed(overview(use), "config");
  const parsed = parseConfig(use, rest);
  if (parsed.type !== "run") return printParsed(parsed, `config ${use}`);
  const text = await answer(use, parsed.value);
  process.stdout.write(text);
  return EXIT.ok;
}

function isUse(word: string): word is Use {
  return Object.hasOwn(USES, word);
}

function overview(word: string): Exclude<Parsed<never>, { type: "run" }> {
  const command = new Command("codex config").description("Show or change the configuration.");
  for (const [name, { words, about }] of Object.entries(USES)) command.command(`${name} ${words}`).description(about);
  const parsed = parse(command, [word], () => undefined);
  return parsed.type === "run" ? { type: "usage", message: "error: a word is missing" } : parsed;
}

function parseConfig(use: Use, argv: readonly string[]): Parsed<ConfigFlags> {
  const { words, about } = USES[use];
  const command = sharedOptions(new Command(`codex config ${use}`)).description(about);
  for (const word of words.split(" ").filter(Boolean)) command.argument(word);
  return parse(command, argv, () => ({ words: command.args, ...command.opts<Omit<ConfigFlags, "words">>() }));
}

async function answer(use: Use, flags: ConfigFlags): Promise<string> {
  const [key = "", value = ""] = flags.words;
  switch (use) {
    case "path":
      return `${userFile(flags)}\n`;
    case "set":
      return set(flags, key, value);
    case "list":
      return (await Promise.all(inspectAll(await load(flags)).map(listed))).join("");
    case "get":
      return got(inspectKey(await load(flags), key));
    case "explain":
      return explained(await load(flags), key);
    default:
      return use satisfies never;
  }
}

async function load(flags: ConfigFlags): Promise<Config> {
  const { env } = process;
  const cwd = await workingDirectory(process.cwd(), flags.cd);
  const typed = flags.sandbox === undefined ? {} : { sandbox_mode: flags.sandbox };
  const loaded = await loadConfig({ ...configOptions(flags), cwd, env, typed });
  for (const warning of loaded.warnings) process.stderr.write(`warning: ${warning.message}\n`);
  return loaded;
}

function userFile({ profile }: ConfigFlags): string {
  return join(codexHome(process.env), profile === undefined ? "config.toml" : `${profile}.config.toml`);
}

async function set(flags: ConfigFlags, key: string, value: string): Promise<string> {
  const file = userFile(flags);
  const path = configKey(key);
  await editFile({ file, path, value: await overrideValue(value) }, { lock: lockFile }, new AbortController().signal);
  const [mine] = inspectKey(await load(flags), key).origins.filter(({ layer }) => layer.file === file);
  const place = mine === undefined ? file : await placeOf(mine);
  return `${key} = ${shown(key, await overrideValue(value))}  ${place}\n`;
}

/** Secrets too: whoever asks for one key by name wants its value. */
function got({ value }: Inspected): string {
  if (value === undefined) return "";
  return `${typeof value === "string" ? value : tomlValue(value)}\n`;
}

async function listed({ key, value, origins: [origin] }: Inspected): Promise<string> {
  return `${key} = ${shown(key, value)}  ${origin === undefined ? "" : await placeOf(origin)}\n`;
}

/** Of a table: every key in it. */
async function explained(loaded: Config, key: string): Promise<string> {
  const one = inspectKey(loaded, key);
  const below = inspectAll(loaded).filter((each) => each.key.startsWith(`${one.key}.`));
  const parts = await Promise.all((below.length === 0 ? [one] : below).map(explanation));
  return parts.join("\n");
}

async function explanation({ key, value, origins }: Inspected): Promise<string> {
  const [winner, ...losers] = origins;
  const head = `${key} = ${value === undefined ? "(not set)" : shown(key, value)}\n`;
  if (winner === undefined) return `${head}  from  the built-in default\n`;
  const lines = await Promise.all(
    losers.map(async (origin) => `  over  ${await placeOf(origin)}: ${shown(key, origin.value)}\n`),
  );
  return `${head}  from  ${await placeOf(winner)}\n${lines.join("")}`;
}

async function placeOf(origin: Origin): Promise<string> {
  const { name, file } = origin.layer;
  if (file === undefined) return name === "flags" ? "a command line flag" : name;
  const position = await locate(origin);
  return position === undefined ? file : `${file}:${position.line}:${position.column} (${name})`;
}

function shown(key: string, value: unknown): string {
  return isSecretKey(key) ? "[hidden]" : tomlValue(value);
}
