import { lazy, messageOf } from "@codex/common";
import type { AST } from "toml-eslint-parser";
import { isTable, type KeyPath, type Table } from "./table.js";

/** One-based, as editors count. */
export type Position = { readonly line: number; readonly column: number };

export type ParsedToml =
  | { readonly type: "table"; readonly table: Table }
  | { readonly type: "invalid"; readonly reason: string; readonly position: Position; readonly line_text: string };

/** Start-up pays for the parser only when there is TOML to read. */
const loadParser = lazy(() => import("smol-toml"));
/** Slow, and knows where things are: for errors only. */
const loadLocator = lazy(() => import("toml-eslint-parser"));

export async function parseToml(text: string): Promise<ParsedToml> {
  const { parse } = await loadParser();
  try {
    const table: unknown = parse(text);
    return { type: "table", table: isTable(table) ? table : {} };
  } catch (error) {
    const position = { line: numberOf(error, "line"), column: numberOf(error, "column") };
    const reason = (messageOf(error).split("\n")[0] ?? "").replace(/^Invalid TOML document: /, "");
    return { type: "invalid", reason, position, line_text: showable(text.split(/\r?\n/)[position.line - 1] ?? "") };
  }
}

/** Where a key stands, or the nearest key above it. `undefined` when nothing on the way is in the text. */
export async function locateKey(text: string, path: KeyPath): Promise<Position | undefined> {
  const { parseTOML } = await loadLocator();
  const places = placesIn(parseTOML(text).body[0]);
  for (let length = path.length; length > 0; length -= 1) {
    const wanted = path.slice(0, length);
    const place =
      places.find((candidate) => candidate.path.length === length && startsWith(candidate.path, wanted)) ??
      places.find((candidate) => startsWith(candidate.path, wanted));
    if (place !== undefined) return place.position;
  }
  return undefined;
}

type Place = { readonly path: KeyPath; readonly position: Position };

function startsWith(path: KeyPath, start: KeyPath): boolean {
  return start.every((part, index) => path[index] === part);
}

function placesIn(top: AST.TOMLTopLevelTable): readonly Place[] {
  return top.body.flatMap((node) => {
    if (node.type === "TOMLKeyValue") return placesOfPair(node, []);
    const here = { path: node.resolvedKey, position: positionOf(node.key) };
    return [here, ...node.body.flatMap((pair) => placesOfPair(pair, node.resolvedKey))];
  });
}

function placesOfPair(pair: AST.TOMLKeyValue, above: KeyPath): readonly Place[] {
  const path = [...above, ...pair.key.keys.map((key) => (key.type === "TOMLBare" ? key.name : key.value))];
  return [{ path, position: positionOf(pair.key) }, ...placesOfValue(pair.value, path)];
}

function placesOfValue(value: AST.TOMLContentNode, path: KeyPath): readonly Place[] {
  switch (value.type) {
    case "TOMLInlineTable":
      return value.body.flatMap((pair) => placesOfPair(pair, path));
    case "TOMLArray":
      return value.elements.flatMap((element, index) => [
        { path: [...path, index], position: positionOf(element) },
        ...placesOfValue(element, [...path, index]),
      ]);
    case "TOMLValue":
      return [];
    default:
      return value satisfies never;
  }
}

function positionOf(node: AST.TOMLNode): Position {
  return { line: node.loc.start.line, column: node.loc.start.column + 1 };
}

function numberOf(error: unknown, field: "line" | "column"): number {
  if (typeof error !== "object" || error === null) return 1;
  const value: unknown = Object.entries(error).find(([key]) => key === field)?.[1];
  return typeof value === "number" ? value : 1;
}

/** A line of a file as an error may show it: no control characters, bounded, and no value that may be a secret. */
function showable(line: string): string {
  const clean = line.replace(/\p{Cc}+/gu, " ").trim();
  const secret = /key|token|secret|passw|auth|bearer|credential|cookie|header/i.test(clean);
  const shown = secret ? clean.replace(/[=:].*$/, "= …") : clean;
  return shown.length > 80 ? `${shown.slice(0, 80)}…` : shown;
}
