import { FILE } from "./keys.js";
import type { Schema } from "./schema.js";
import { keyText, type KeyPath } from "./table.js";

/** The known key that an unknown one was probably meant to be; `undefined`: nothing is near. */
export function nearestKey(path: KeyPath): string | undefined {
  const name = path.at(-1);
  if (typeof name !== "string") return undefined;
  const parent = path.slice(0, -1);
  const near = nearestName(name, fieldsAt(FILE, parent));
  if (near !== undefined) return keyText([...parent, near]);
  // the right name in the wrong table: a key that was meant for the top stands below a [table] header, or the reverse
  const elsewhere = places(FILE, []).filter((place) => place.at(-1) === name);
  const [only] = elsewhere;
  return only === undefined || elsewhere.length > 1 ? undefined : keyText(only);
}

/** The name with the fewest edits, if they are few for its length. */
function nearestName(name: string, names: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(name.length / 4));
  const rated = names.map((candidate) => ({ candidate, edits: editsBetween(name, candidate) }));
  const [best] = rated.filter(({ edits }) => edits <= most).toSorted((left, right) => left.edits - right.edits);
  return best?.candidate;
}

function fieldsAt(schema: Schema, path: KeyPath): readonly string[] {
  const [key, ...rest] = path;
  if (schema.type === "either") return fieldsAt(schema.table, path);
  if (key === undefined) return schema.type === "table" ? Object.keys(schema.fields) : [];
  if (schema.type === "map" || schema.type === "list") return fieldsAt(schema.of, rest);
  const inner = schema.type === "table" ? schema.fields[key] : undefined;
  return inner === undefined ? [] : fieldsAt(inner, rest);
}

/** Every key with a fixed place. */
function places(schema: Schema, at: readonly string[]): readonly (readonly string[])[] {
  if (schema.type === "either") return places(schema.table, at);
  if (schema.type !== "table") return [];
  return Object.entries(schema.fields).flatMap(([key, inner]) => [[...at, key], ...places(inner, [...at, key])]);
}

/** Insertions, deletions, substitutions, and swaps of neighbours. */
function editsBetween(left: string, right: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let line = 1; line <= left.length; line += 1) {
    const next = [line];
    for (let column = 1; column <= right.length; column += 1) {
      const cost = left[line - 1] === right[column - 1] ? 0 : 1;
      const swapped =
        line > 1 && column > 1 && left[line - 1] === right[column - 2] && left[line - 2] === right[column - 1];
      const swap = swapped ? (before[column - 2] ?? 0) + 1 : Infinity;
      next.push(Math.min((next[column - 1] ?? 0) + 1, (row[column] ?? 0) + 1, (row[column - 1] ?? 0) + cost, swap));
    }
    before = row;
    row = next;
  }
  return row[right.length] ?? 0;
}
