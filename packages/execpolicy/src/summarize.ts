import { posix } from "node:path";
import type { ParsedCommand } from "@codex/protocol";
import { readCommand } from "./shell/reading.js";
import type { PlainCommand } from "./shell/plain.js";
import { baseName } from "./shell/wrapper.js";
import { joinWords } from "./words.js";

/**
 * What a command seems to do, as labels for people; never a reason to allow anything. One label per reading, listing or
 * searching command; formatting after a pipe, `cd` and separators made with `echo` are left out. When any other command
 * takes part, the whole is one label `unknown`.
 */
export function summarizeCommand(argv: readonly string[]): readonly ParsedCommand[] {
  const reading = readCommand(argv);
  if (reading.type === "unknown") return [{ type: "unknown", cmd: reading.wrapper.script }];
  const whole: ParsedCommand = { type: "unknown", cmd: textOf(argv, reading.commands) };
  const labels: ParsedCommand[] = [];
  let folder = "";
  for (const command of reading.commands) {
    const target = folderOfCd(command.argv);
    if (target !== undefined) folder = posix.join(folder, target);
    else if (!isSilent(command)) {
      const label = labelOf(command.argv, folder);
      if (label === undefined) return [whole];
      labels.push(label);
    }
  }
  return labels.length === 0 ? [whole] : labels;
}

/** A script's own text says more than its parts. */
function textOf(argv: readonly string[], commands: readonly PlainCommand[]): string {
  const [only] = commands;
  if (commands.length === 1 && only !== undefined) return joinWords(only.argv);
  return argv.at(-1) ?? "";
}

function folderOfCd([name, target, ...others]: readonly string[]): string | undefined {
  const isMove = name === "cd" && target !== undefined && others.length === 0 && !target.startsWith("-");
  return isMove ? target : undefined;
}

const FORMATTERS: ReadonlySet<string> = new Set(
  "head tail wc sort uniq cut tr nl column fold rev tac cat sed".split(" "),
);
const SILENT: ReadonlySet<string> = new Set(["echo", "printf", "true"]);

function isSilent({ argv, joined }: PlainCommand): boolean {
  const [name = "", ...rest] = argv;
  if (SILENT.has(name)) return joined !== "first" || rest.length > 0;
  return joined === "pipe" && FORMATTERS.has(name) && !rest.some((word) => word.startsWith("-i"));
}

function labelOf(argv: readonly string[], folder: string): ParsedCommand | undefined {
  const [program = "", ...rest] = argv;
  const command = joinWords(argv);
  const place = (path: string) => (folder === "" ? path : posix.join(folder, path));
  const placeOrFolder = (path: string | undefined) => (path === undefined ? folder || null : place(path));
  const readOf = (path: string | undefined): ParsedCommand | undefined =>
    path === undefined ? undefined : { type: "read", cmd: command, name: posix.basename(path), path: place(path) };
  switch (baseName(program)) {
    case "cat":
    case "bat":
    case "batcat":
    case "less":
    case "more":
    case "nl":
      return readOf(operandsOf(rest, "").at(0));
    case "head":
    case "tail":
      return readOf(operandsOf(rest, "-n -c --lines --bytes").at(0));
    case "sed":
      return rest[0] === "-n" ? readOf(rest.slice(2).find((word) => !word.startsWith("-"))) : undefined;
    case "ls":
    case "tree":
    case "du":
    case "exa":
    case "eza":
      return { type: "list_files", cmd: command, path: placeOrFolder(operandsOf(rest, "-I -P -L --ignore -d").at(0)) };
    case "find":
    case "fd":
    case "fdfind":
      return labelOfFind(command, rest, placeOrFolder);
    case "rg":
    case "grep":
    case "egrep":
    case "fgrep":
    case "ag":
    case "ack":
      return labelOfSearch(command, rest, placeOrFolder);
    case "git":
      return labelOfGit(command, rest, placeOrFolder);
    default:
      return undefined;
  }
}

type Place = (path: string | undefined) => string | null;

function labelOfFind(command: string, rest: readonly string[], place: Place): ParsedCommand | undefined {
  if (rest.some((word) => /^-(?:exec|ok|delete|fprint|fls)/.test(word) || word === "-x" || word === "-X"))
    return undefined;
  const name = rest.findIndex((word) => /^-(?:i?name|i?path|i?regex|i?wholename)$/.test(word));
  const path = rest[0]?.startsWith("-") === true ? undefined : rest[0];
  if (/^fd/.test(command)) {
    const [query, folder] = operandsOf(rest, "-e -t -d -E --extension --type --max-depth --exclude");
    return query === undefined
      ? { type: "list_files", cmd: command, path: place(folder) }
      : { type: "search", cmd: command, query, path: place(folder) };
  }
  if (name < 0) return { type: "list_files", cmd: command, path: place(path) };
  return { type: "search", cmd: command, query: rest[name + 1] ?? null, path: place(path) };
}

const SEARCH_VALUED =
  "-A -B -C -g -t -T -m -d -j -M -E -f --glob --iglob --type --type-not --max-count --max-depth --context --sort " +
  "--after-context --before-context --include --exclude --exclude-dir --threads --color --colors --file";

function labelOfSearch(command: string, rest: readonly string[], place: Place): ParsedCommand {
  const expression = rest.findIndex((word) => word === "-e" || word === "--regexp");
  const operands = operandsOf(rest, `${SEARCH_VALUED} -e --regexp`);
  if (rest.includes("--files")) return { type: "list_files", cmd: command, path: place(operands[0]) };
  if (expression >= 0)
    return { type: "search", cmd: command, query: rest[expression + 1] ?? null, path: place(operands[0]) };
  return { type: "search", cmd: command, query: operands[0] ?? null, path: place(operands[1]) };
}

function labelOfGit(command: string, rest: readonly string[], place: Place): ParsedCommand | undefined {
  const [subcommand, ...operands] = rest;
  if (subcommand === "grep") return labelOfSearch(command, operands, place);
  if (subcommand === "ls-files") return { type: "list_files", cmd: command, path: place(operandsOf(operands, "")[0]) };
  return undefined;
}

/** Words that are neither options nor the values of these options. */
function operandsOf(words: readonly string[], valued: string): readonly string[] {
  const takesValue = new Set(valued.split(" ").filter((option) => option !== ""));
  const end = words.indexOf("--");
  const before = end < 0 ? words : words.slice(0, end);
  const operands = before.filter((word, index) => {
    const isOption = word.startsWith("-") && word !== "-";
    return !isOption && (index === 0 || !takesValue.has(before[index - 1] ?? ""));
  });
  return end < 0 ? operands : [...operands, ...words.slice(end + 1)];
}
