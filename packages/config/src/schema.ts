import { isTable, type KeyPath, type Table } from "./table.js";

/** The shape of a value in a configuration file, as data. */
export type Schema =
  | { readonly type: "text" }
  /** A string that names a file: relative to its layer's folder, `~` is the user's home. */
  | { readonly type: "path" }
  | { readonly type: "flag" }
  /** A whole number, not below `min`. */
  | { readonly type: "count"; readonly min: number }
  /** Any number that is not below zero. */
  | { readonly type: "amount" }
  | { readonly type: "choice"; readonly values: readonly string[] }
  | { readonly type: "list"; readonly of: Schema }
  | { readonly type: "map"; readonly of: Schema }
  | { readonly type: "table"; readonly fields: Readonly<Record<string, Schema>> }
  /** One scalar form and one table form. */
  | { readonly type: "either"; readonly scalar: Schema; readonly table: Schema }
  /** Known by name, and read by nobody yet. */
  | { readonly type: "anything" };

/** What a checked value is. Every field of a table may be absent. */
export type Infer<S> = S extends { readonly type: "text" | "path" }
  ? string
  : S extends { readonly type: "flag" }
    ? boolean
    : S extends { readonly type: "count" | "amount" }
      ? number
      : S extends { readonly type: "choice"; readonly values: readonly (infer Value)[] }
        ? Value
        : S extends { readonly type: "list"; readonly of: infer Of }
          ? readonly Infer<Of>[]
          : S extends { readonly type: "map"; readonly of: infer Of }
            ? Readonly<Record<string, Infer<Of>>>
            : S extends { readonly type: "table"; readonly fields: infer Fields }
              ? { readonly [Key in keyof Fields]?: Infer<Fields[Key]> }
              : S extends { readonly type: "either"; readonly scalar: infer Scalar; readonly table: infer Inner }
                ? Infer<Scalar> | Infer<Inner>
                : unknown;

export const text = { type: "text" } as const;
export const path = { type: "path" } as const;
export const flag = { type: "flag" } as const;
export const anything = { type: "anything" } as const;
export const count = (min: number) => ({ type: "count", min }) as const;
export const amount = { type: "amount" } as const;
export const choice = <const Values extends readonly string[]>(...values: Values) =>
  ({ type: "choice", values }) as const;
export const list = <Of extends Schema>(of: Of) => ({ type: "list", of }) as const;
export const map = <Of extends Schema>(of: Of) => ({ type: "map", of }) as const;
export const table = <Fields extends Readonly<Record<string, Schema>>>(fields: Fields) =>
  ({ type: "table", fields }) as const;
export const either = <Scalar extends Schema, Inner extends Schema>(scalar: Scalar, inner: Inner) =>
  ({ type: "either", scalar, table: inner }) as const;
/** A table whose keys are known and whose values nobody reads yet. */
export const known = (...names: readonly string[]) => table(Object.fromEntries(names.map((name) => [name, anything])));

/** What is wrong at which key; the place in a file is found later (problem.ts). */
export type Problem = { readonly path: KeyPath; readonly message: string };

/** The first problem of a value in the order of its schema; `undefined`: the value is an `Infer` of the schema. */
export function findProblem(schema: Schema, value: unknown, at: KeyPath): Problem | undefined {
  switch (schema.type) {
    case "list":
      if (!Array.isArray(value)) return mismatch(schema, value, at);
      return firstProblem(value.map((item, index) => [schema.of, item, [...at, index]]));
    case "map":
      if (!isTable(value)) return mismatch(schema, value, at);
      return firstProblem(Object.entries(value).map(([key, inner]) => [schema.of, inner, [...at, key]]));
    case "table":
      if (!isTable(value)) return mismatch(schema, value, at);
      return firstProblem(
        Object.entries(schema.fields)
          .filter(([key]) => Object.hasOwn(value, key))
          .map(([key, of]) => [of, value[key], [...at, key]]),
      );
    case "either":
      if (isTable(value)) return findProblem(schema.table, value, at);
      return findProblem(schema.scalar, value, at) === undefined ? undefined : mismatch(schema, value, at);
    case "text":
    case "path":
    case "flag":
    case "count":
    case "amount":
    case "choice":
    case "anything":
      return fitsScalar(schema, value) ? undefined : mismatch(schema, value, at);
    default:
      return schema satisfies never;
  }
}

function firstProblem(parts: readonly (readonly [Schema, unknown, KeyPath])[]): Problem | undefined {
  for (const [schema, value, at] of parts) {
    const problem = findProblem(schema, value, at);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

type Scalar = Exclude<Schema, { readonly type: "list" | "map" | "table" | "either" }>;

function fitsScalar(schema: Scalar, value: unknown): boolean {
  switch (schema.type) {
    case "text":
    case "path":
      return typeof value === "string";
    case "flag":
      return typeof value === "boolean";
    case "count":
      return typeof value === "number" && Number.isSafeInteger(value) && value >= schema.min;
    case "amount":
      return typeof value === "number" && Number.isFinite(value) && value >= 0;
    case "choice":
      return typeof value === "string" && schema.values.includes(value);
    case "anything":
      return true;
    default:
      schema satisfies never;
      return false;
  }
}

function mismatch(schema: Schema, value: unknown, at: KeyPath): Problem {
  return { path: at, message: `expected ${expectation(schema)}, found ${finding(schema, value)}` };
}

function expectation(schema: Schema): string {
  switch (schema.type) {
    case "text":
      return "a string";
    case "path":
      return "a path (a string)";
    case "flag":
      return "true or false";
    case "count":
      return schema.min > 0 ? `a whole number, ${schema.min} or more` : "a whole number";
    case "amount":
      return "a number, 0 or more";
    case "choice":
      return `one of ${schema.values.map((value) => JSON.stringify(value)).join(", ")}`;
    case "list":
      return `a list; each entry is ${expectation(schema.of)}`;
    case "map":
    case "table":
      return "a table";
    case "either":
      return `${expectation(schema.scalar)}, or a table`;
    case "anything":
      return "any value";
    default:
      return schema satisfies never;
  }
}

/** Only values with a fixed set of words and numbers are shown: any other text may be a secret. */
function finding(schema: Schema, value: unknown): string {
  const hasWords = schema.type === "choice" || (schema.type === "either" && schema.scalar.type === "choice");
  if (typeof value === "string") return hasWords ? JSON.stringify(value.slice(0, 40)) : "a string";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return "a list";
  if (value instanceof Date) return "a date";
  return isTable(value) ? "a table" : "nothing";
}

/** What one layer holds: known keys with absolute paths, and the keys that nobody knows. */
export type Prepared = { readonly values: Table; readonly unknown: readonly KeyPath[] };

/** Takes unknown keys out and makes paths absolute. Wrong types are left for `check`. */
export function prepare(schema: Schema, values: Table, absolute: (written: string) => string): Prepared {
  const unknown: KeyPath[] = [];
  const visit = (inner: Schema, value: unknown, at: KeyPath): unknown => {
    if (inner.type === "path" && typeof value === "string") return absolute(value);
    if (inner.type === "list" && Array.isArray(value)) {
      return value.map((item, index) => visit(inner.of, item, [...at, index]));
    }
    if (!isTable(value)) return value;
    if (inner.type === "either") return visit(inner.table, value, at);
    if (inner.type === "map") return mapEntries(value, (item, key) => visit(inner.of, item, [...at, key]));
    if (inner.type !== "table") return value;
    const entries = Object.entries(value).filter(([key]) => {
      if (Object.hasOwn(inner.fields, key)) return true;
      unknown.push([...at, key]);
      return false;
    });
    return mapEntries(Object.fromEntries(entries), (item, key) =>
      visit(inner.fields[key] ?? anything, item, [...at, key]),
    );
  };
  const prepared = visit(schema, values, []);
  return { values: isTable(prepared) ? prepared : {}, unknown };
}

function mapEntries(value: Table, change: (item: unknown, key: string) => unknown): Table {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, change(item, key)]));
}
