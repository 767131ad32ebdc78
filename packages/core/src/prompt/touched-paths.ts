import path from "node:path";
import { fieldsOf, listOf, parseJson, textOf } from "@codex/common";
import type { ResponseItem } from "@codex/protocol";

const PATCH_START = "*** Begin Patch";
const PATCH_FILE = /^\*\*\* (?:Add File|Update File|Delete File|Move to): (.+?)\s*$/gm;
/** Words of a command, without the quotes and signs of a shell. */
const WORD = /[^\s"'`;|&()<>=]+/g;
/** The word behind these is a folder. */
const FOLDER_COMMANDS = new Set(["cd", "pushd", "-C"]);
/** Paths of one step that are looked at. */
const MAX_PATHS = 200;

/** The files that a patch text names. */
export function patchedPaths(text: string): readonly string[] {
  return [...text.matchAll(PATCH_FILE)].flatMap((match) => match[1] ?? []);
}

/** The patch inside a shell call, whichever argument holds it; empty: there is none. */
export function scriptOf(text: string): string {
  if (!text.includes(PATCH_START)) return "";
  const texts = Object.values(fieldsOf(parseJson(text))).flatMap((value) => [value, ...listOf(value)]);
  return texts.filter((value) => typeof value === "string").join("\n");
}

/**
 * Where the calls among these items work, as absolute paths: patched files, working directories, and what looks like a
 * path in a command. A guess that is wrong costs a look at a folder that is not there.
 */
export function touchedPaths(items: readonly ResponseItem[], cwd: string): readonly string[] {
  const paths = items.flatMap((item): readonly string[] => {
    if (item.type === "custom_tool_call") return patchedPaths(item.input).map((file) => path.resolve(cwd, file));
    return item.type === "function_call" ? pathsOfCall(item.arguments, cwd) : [];
  });
  return [...new Set(paths)].slice(0, MAX_PATHS);
}

function pathsOfCall(text: string, cwd: string): readonly string[] {
  const fields = fieldsOf(parseJson(text));
  const place = path.resolve(cwd, textOf(fields["workdir"]) ?? "");
  const patched = patchedPaths(scriptOf(text)).map((file) => path.resolve(place, file));
  const file = textOf(fields["path"]);
  const scripts = [fields["cmd"], fields["command"]].flatMap((value) => [value, ...listOf(value)]);
  const words = scripts.filter((value) => typeof value === "string").flatMap((script) => script.match(WORD) ?? []);
  const named = words.filter((word, index) => word.includes("/") || FOLDER_COMMANDS.has(words[index - 1] ?? ""));
  const whole = file === undefined ? [] : [path.resolve(place, file)];
  return [place, ...whole, ...patched, ...named.map((word) => path.resolve(place, word))];
}
