import { parsePatch } from "./parse.js";

export type CommandPatch =
  /** Run the command as it is. */
  | { readonly type: "none" }
  /** It would apply `text` (unparsed), in `directory` (relative to the command's own) when it changes to one. */
  | { readonly type: "patch"; readonly text: string; readonly directory?: string }
  /** The command is a patch without the word that applies it; `message` tells the model what to send. */
  | { readonly type: "unnamed"; readonly message: string };

const NAMES: readonly string[] = ["apply_patch", "applypatch"];

/**
 * Finds a patch in an argument vector: called by name, or as the heredoc of a shell script, alone or after one `cd`
 * (exec.md §1.10). A form whose directory is not certain, or that does anything more, is left to the shell. The
 * heredoc's text is taken as it stands. A relative directory is certain only while `CDPATH` is unset.
 */
export function findPatchInCommand(argv: readonly string[]): CommandPatch {
  const [name, body] = argv;
  if (argv.length === 2 && name !== undefined && body !== undefined && NAMES.includes(name)) {
    return { type: "patch", text: body };
  }
  if (argv.length === 1 && name !== undefined) return unnamedPatch(name);
  const script = scriptOf(argv);
  return script === undefined ? { type: "none" } : findInScript(script);
}

function scriptOf(argv: readonly string[]): string | undefined {
  const [program = "", ...rest] = argv;
  const shell = stemOf(program);
  const script = rest.at(-1);
  const flags = rest.slice(0, -1).map((flag) => flag.toLowerCase());
  if (script === undefined) return undefined;
  const [flag = "", second] = flags;
  switch (shell) {
    case "bash":
    case "zsh":
    case "sh":
      return rest.length === 2 && (rest[0] === "-lc" || rest[0] === "-c") ? script : undefined;
    case "pwsh":
    case "powershell":
      if (rest.length === 3 && flag === "-noprofile" && second === "-command") return script;
      return rest.length === 2 && flag === "-command" ? script : undefined;
    case "cmd":
      return rest.length === 2 && flag === "/c" ? script : undefined;
    default:
      return undefined;
  }
}

function stemOf(program: string): string {
  const name = program.split(/[/\\]/).at(-1) ?? "";
  return name.replace(/\.[^.]+$/, "").toLowerCase();
}

/** A bare word of harmless characters, or a quoted one without anything that a shell would expand. */
const DIRECTORY =
  /(?<bare>[\p{L}\p{N}_./][\p{L}\p{N}_./@%+:,=-]*)|"(?<double>[^"$`\\!~\r\n]+)"|'(?<single>[^'\\~\r\n]+)'/u;
const OPENING = new RegExp(
  String.raw`^\s*(?:cd[ \t]+(?:${DIRECTORY.source})[ \t]*&&\s*)?(?:apply_patch|applypatch)[ \t]*` +
    String.raw`<<[ \t]*(?<quote>["']?)(?<word>[A-Za-z0-9_]+)\k<quote>[ \t]*\r?\n`,
  "u",
);

function findInScript(script: string): CommandPatch {
  const opening = OPENING.exec(script);
  if (opening === null) return unnamedPatch(script);
  const { bare, double, single, word } = opening.groups ?? {};
  const lines = script.slice(opening[0].length).split("\n");
  const end = lines.findIndex((line) => line.replace(/\r$/, "") === word);
  const rest = lines.slice(end + 1).join("");
  const directory = bare ?? double ?? single;
  if (end < 0 || rest.trim() !== "" || directory?.startsWith("-") === true) return { type: "none" };
  const text = lines.slice(0, end).join("\n");
  return { type: "patch", text, ...(directory === undefined ? {} : { directory }) };
}

function unnamedPatch(text: string): CommandPatch {
  if (!text.includes("*** Begin Patch")) return { type: "none" };
  try {
    parsePatch(text);
  } catch {
    return { type: "none" };
  }
  const message = 'patch detected without explicit call to apply_patch. Rerun as ["apply_patch", "<patch>"]';
  return { type: "unnamed", message };
}
