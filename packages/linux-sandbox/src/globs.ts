import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";

import { CodexError } from "@codex/common";

/** Beyond these the start is refused: half an expansion would leave the rest readable. */
const MOST_MATCHES = 1000;
const MOST_ENTRIES = 200_000;

const SPECIAL = /[*?[{]/;

export function isGlob(path: string): boolean {
  return SPECIAL.test(path);
}

type Walk = { readonly pattern: string; readonly found: string[]; looked: number };

/**
 * The paths that a pattern below a folder means now. In a name: `*`, `?`, `[a-z]`, `[!a-z]`, `{one,other}`, all of them
 * matching a dot at the start too; `**` is any number of folders, not through symbolic links. What cannot be listed
 * has no matches. Throws `config_invalid` for a pattern over all of `/`, one that turns back with `..`, and when there
 * is too much to look at.
 */
export async function expandGlob(base: string, pattern: string): Promise<readonly string[]> {
  const parts = pattern.split("/").filter((part) => part !== "" && part !== ".");
  const fixed = parts.findIndex(isGlob);
  const folder = resolve(base, ...parts.slice(0, fixed));
  const rest = parts.slice(fixed);
  if (folder === "/") throw new CodexError("config_invalid", `${pattern} means the whole machine: name a folder first`);
  if (rest.includes("..")) throw new CodexError("config_invalid", `${pattern} has .. after a wildcard`);
  const walk: Walk = { pattern, found: [], looked: 0 };
  await visit(walk, folder, rest);
  return [...new Set(walk.found)];
}

async function visit(walk: Walk, folder: string, parts: readonly string[]): Promise<void> {
  const [part = "", ...rest] = parts;
  if (part === "**") return visitAll(walk, folder, rest.length === 0 ? ["*"] : rest);
  const matches = matcher(part);
  for (const { name, is_folder } of await list(walk, folder)) {
    if (!matches(name)) continue;
    if (rest.length === 0) add(walk, join(folder, name));
    else if (is_folder !== "no") await visit(walk, join(folder, name), rest);
  }
}

async function visitAll(walk: Walk, folder: string, rest: readonly string[]): Promise<void> {
  await visit(walk, folder, rest);
  for (const { name, is_folder } of await list(walk, folder)) {
    if (is_folder === "yes") await visitAll(walk, join(folder, name), rest);
  }
}

function add(walk: Walk, path: string): void {
  if (walk.found.push(path) > MOST_MATCHES) throw tooMuch(walk, `${MOST_MATCHES} paths match it`);
}

type Entry = { readonly name: string; readonly is_folder: "yes" | "no" | "perhaps" };

async function list(walk: Walk, folder: string): Promise<readonly Entry[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  walk.looked += entries.length;
  if (walk.looked > MOST_ENTRIES) throw tooMuch(walk, `there are more than ${MOST_ENTRIES} files to look at`);
  return entries.map((entry) => {
    const is_folder = entry.isDirectory() ? "yes" : entry.isSymbolicLink() ? "perhaps" : "no";
    return { name: entry.name, is_folder } as const;
  });
}

function tooMuch({ pattern }: Walk, what: string): CodexError {
  return new CodexError("config_invalid", `the unreadable paths ${pattern} are too many: ${what}`);
}

function matcher(part: string): (name: string) => boolean {
  if (!isGlob(part)) return (name) => name === part;
  const expression = new RegExp(`^${translate(part)}$`, "su");
  return (name) => expression.test(name);
}

/** An unclosed bracket or brace is itself. */
function translate(part: string): string {
  const tokens = part.match(/\*+|\?|\[[!^]?\]?[^\]]*\]|\{[^{}]*\}|./gsu) ?? [];
  return tokens.map(translateToken).join("");
}

function translateToken(token: string): string {
  if (token.startsWith("*")) return ".*";
  if (token === "?") return ".";
  if (token.length > 1 && token.startsWith("{")) {
    return `(?:${token.slice(1, -1).split(",").map(translate).join("|")})`;
  }
  if (token.length > 2 && token.startsWith("[")) {
    const negated = /^[!^]/.test(token.slice(1));
    const members = token.slice(negated ? 2 : 1, -1).replace(/[\\\][^&~|]/g, "\\$&");
    return members === "" ? literal(token) : `[${negated ? "^" : ""}${members}]`;
  }
  return literal(token);
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
