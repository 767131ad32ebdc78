/** A TOML table, or a part of one. */
export type Table = Readonly<Record<string, unknown>>;

/** Keys from the outermost table inwards; a number is a place in an array. */
export type KeyPath = readonly (string | number)[];

/** Dates are objects too, and no tables. */
export function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** Tables merge key by key, everything else is replaced, arrays included (core.md §7.1). */
export function mergeTables(low: Table, high: Table): Table {
  const merged = new Map(Object.entries(low));
  for (const [key, value] of Object.entries(high)) {
    const below = merged.get(key);
    merged.set(key, isTable(below) && isTable(value) ? mergeTables(below, value) : value);
  }
  return Object.fromEntries(merged);
}

/** `["a", "b"], 1` → `{ a: { b: 1 } }`. */
export function nest(path: readonly string[], value: unknown): Table {
  const [key = "", ...rest] = path;
  return Object.fromEntries([[key, rest.length === 0 ? value : nest(rest, value)]]);
}

/** `undefined` when there is nothing at the path. */
export function valueAt(value: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (Array.isArray(inner)) return typeof key === "number" ? inner[key] : undefined;
    return isTable(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined;
  }, value);
}

/** The path as one would write it in TOML: parts that are no bare keys are quoted, places in arrays bracketed. */
export function keyText(path: KeyPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    const written = /^[A-Za-z0-9_-]+$/.test(part) ? part : JSON.stringify(part);
    return text === "" ? written : `${text}.${written}`;
  }, "");
}

/** Splits a dotted key; parts may be quoted. `undefined` when a part is empty or a quote stays open. */
export function splitKey(text: string): readonly string[] | undefined {
  const parts: string[] = [];
  let rest = text.trim();
  for (;;) {
    const match = /^\s*(?:"([^"]*)"|'([^']*)'|([^."']+))\s*(\.|$)/.exec(rest);
    if (match === null) return undefined;
    const part = match[1] ?? match[2] ?? match[3]?.trim() ?? "";
    if (part === "") return undefined;
    parts.push(part);
    if (match[4] === "") return parts;
    rest = rest.slice(match[0].length);
  }
}

/** The same value, with nothing in it left to change. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}
