import { CodexError, lazy } from "@codex/common";
import { isDeepStrictEqual } from "node:util";
import type { AST } from "toml-eslint-parser";
import { isTable, keyText, type Table } from "./table.js";
import { tomlKey, tomlValue } from "./literal.js";
import { parseToml } from "./toml.js";

const loadParser = lazy(() => import("toml-eslint-parser"));

/** Replaces `end - start` characters at `start`. */
type Splice = { readonly start: number; readonly end: number; readonly text: string };

/**
 * The text of a configuration with one key set to another value. Every other byte, comments and order included, stays
 * as it is. Throws `config_invalid` when the text is no TOML, or when the key stands below something that is no table.
 */
export async function setKey(text: string, path: readonly string[], value: unknown): Promise<string> {
  const before = await tableOf(text);
  const { parseTOML } = await loadParser();
  const root = parseTOML(text).body[0];
  const { start, end, text: part } = findPair(root, path, value) ?? newPair(text, root, { path, value });
  const after = text.slice(0, start) + part + text.slice(end);
  // what was written must read as the old table with the one new value, or nothing is written
  const wanted = replaced(before, path, value);
  // the clones have the same prototypes
  const parsed = await parseToml(after);
  const written = parsed.type === "table" ? structuredClone(parsed.table) : undefined;
  if (isDeepStrictEqual(written, structuredClone(wanted))) return after;
  throw new CodexError("config_invalid", `${keyText(path)}: cannot be set here; edit the file by hand`);
}

async function tableOf(text: string): Promise<Table> {
  const parsed = await parseToml(text);
  if (parsed.type === "table") return parsed.table;
  const { line, column } = parsed.position;
  throw new CodexError("config_invalid", `${line}:${column}: not valid TOML: ${parsed.reason}`);
}

function replaced(table: Table, path: readonly string[], value: unknown): Table {
  const [key = "", ...rest] = path;
  if (rest.length === 0) return { ...table, [key]: value };
  const inner = table[key];
  return { ...table, [key]: replaced(isTable(inner) ? inner : {}, rest, value) };
}

/** The key is there: its value is replaced. */
function findPair(root: AST.TOMLTopLevelTable, path: readonly string[], value: unknown): Splice | undefined {
  const pair = pairsOf(root).find((candidate) => same(candidate.path, path))?.pair;
  if (pair === undefined) return undefined;
  const [start, end] = pair.value.range;
  return { start, end, text: tomlValue(value) };
}

type Wanted = { readonly path: readonly string[]; readonly value: unknown };

/** The key is not there: it goes to the table that it belongs to, else a new table goes to the end. */
function newPair(text: string, root: AST.TOMLTopLevelTable, { path, value }: Wanted): Splice {
  const parent = path.slice(0, -1);
  const line = `${tomlKey(path.slice(-1))} = ${tomlValue(value)}`;
  const inline = pairsOf(root).find(({ path: at, pair }) => same(at, parent) && pair.value.type === "TOMLInlineTable");
  if (inline?.pair.value.type === "TOMLInlineTable") return intoInline(inline.pair.value, line);
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  if (parent.length === 0) return atTop(text, root, { line, newline });
  const table = tablesOf(root).find(
    (candidate) => candidate.kind === "standard" && same(candidate.resolvedKey, parent),
  );
  if (table !== undefined) return after(text, table.body.at(-1) ?? table.key, { line, newline });
  const sibling = pairsOf(root).findLast(
    ({ path: at, home }) => home.length < parent.length && same(at.slice(0, -1), parent),
  );
  if (sibling !== undefined) {
    const key = tomlKey(path.slice(sibling.home.length));
    return after(text, sibling.pair, { line: `${key} = ${tomlValue(value)}`, newline });
  }
  const gap = text === "" ? "" : text.endsWith("\n") ? newline : newline + newline;
  return { start: text.length, end: text.length, text: `${gap}[${tomlKey(parent)}]${newline}${line}${newline}` };
}

type Line = { readonly line: string; readonly newline: string };

function intoInline(table: AST.TOMLInlineTable, line: string): Splice {
  const last = table.body.at(-1);
  const start = last === undefined ? table.range[0] + 1 : last.range[1];
  return { start, end: start, text: last === undefined ? ` ${line} ` : `, ${line}` };
}

/** Behind the last key above the first table; a text without such keys gets it before its first table. */
function atTop(text: string, root: AST.TOMLTopLevelTable, { line, newline }: Line): Splice {
  const last = root.body.findLast((node) => node.type === "TOMLKeyValue");
  if (last !== undefined) return after(text, last, { line, newline });
  const first = root.body[0];
  if (first === undefined) {
    const gap = text === "" || text.endsWith("\n") ? "" : newline;
    return { start: text.length, end: text.length, text: `${gap}${line}${newline}` };
  }
  const start = text.lastIndexOf("\n", first.range[0] - 1) + 1;
  return { start, end: start, text: `${line}${newline}${newline}` };
}

/** On a line of its own behind the one where the node ends. */
function after(text: string, node: AST.TOMLNode, { line, newline }: Line): Splice {
  const end = text.indexOf("\n", node.range[1]);
  if (end === -1) return { start: text.length, end: text.length, text: `${newline}${line}${newline}` };
  return { start: end + 1, end: end + 1, text: `${line}${newline}` };
}

type Pair = {
  readonly path: readonly (string | number)[];
  /** Path of the table in which it is written. */
  readonly home: readonly (string | number)[];
  readonly pair: AST.TOMLKeyValue;
};

/** Every pair outside arrays. */
function pairsOf(root: AST.TOMLTopLevelTable): readonly Pair[] {
  return root.body.flatMap((node) => {
    if (node.type === "TOMLKeyValue") return nested(node, []);
    return node.body.flatMap((pair) => nested(pair, node.resolvedKey));
  });
}

function nested(pair: AST.TOMLKeyValue, home: readonly (string | number)[]): readonly Pair[] {
  const path = [...home, ...pair.key.keys.map((key) => (key.type === "TOMLBare" ? key.name : key.value))];
  const inner = pair.value.type === "TOMLInlineTable" ? pair.value.body.flatMap((child) => nested(child, path)) : [];
  return [{ path, home, pair }, ...inner];
}

function tablesOf(root: AST.TOMLTopLevelTable): readonly AST.TOMLTable[] {
  return root.body.filter((node) => node.type === "TOMLTable");
}

function same(left: readonly (string | number)[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((part, index) => part === right[index]);
}
