import type * as z from "zod/mini";
import type { Words } from "./words.js";
import { SCHEMAS } from "./words.js";

export type Decoded<T> =
  | { readonly type: "decoded"; readonly value: T }
  /** `path`: of the field that is wrong, as in JavaScript; empty: the whole. */
  | { readonly type: "failed"; readonly path: string; readonly message: string };

/**
 * Is this the JSON of that word? The value is given back as it came, so fields that nobody knows are kept. Otherwise
 * one line says which field is wrong and what was expected there.
 */
export function decode<Word extends keyof Words>(word: Word, value: unknown): Decoded<Words[Word]> {
  if (isWord(word, value)) return { type: "decoded", value };
  const issues = SCHEMAS[word].safeParse(value).error?.issues ?? [];
  const { path, message } = describe(issues, value);
  return { type: "failed", path, message: path === "" ? message : `${path}: ${message}` };
}

/** The schema is the type in another form, which the compiler has checked (test/schema.test.ts). */
function isWord<Word extends keyof Words>(word: Word, value: unknown): value is Words[Word] {
  return SCHEMAS[word].safeParse(value).success;
}

type Issue = z.core.$ZodIssue;
type Found = { readonly path: string; readonly message: string };

function describe(issues: readonly Issue[], value: unknown): Found {
  const [issue] = issues;
  if (issue === undefined) return { path: "", message: "it is not understood" };
  const at = valueAt(value, issue.path);
  const nested = issue.code === "invalid_union" ? nearest(issue.errors) : undefined;
  if (nested !== undefined) {
    const inner = describe(nested, at);
    return { ...inner, path: join(pathText(issue.path), inner.path) };
  }
  return { path: pathText(issue.path), message: whatIsWrong(issue, at) };
}

/** Of several forms the one that was meant: the one that fits up to the deepest place, and beyond the first. */
function nearest(forms: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const depth = (issues: readonly Issue[]): number => issues[0]?.path.length ?? 0;
  const [best] = [...forms].sort((left, right) => depth(right) - depth(left));
  return best !== undefined && depth(best) > 0 ? best : undefined;
}

function whatIsWrong(issue: Issue, found: unknown): string {
  if (issue.code === "too_small") return "is empty";
  if (found === undefined) return "is missing";
  if (issue.code === "invalid_type") return `expected ${issue.expected}, found ${kindOf(found)}`;
  if (issue.code === "invalid_union") return `${shown(found)} is none of the known forms`;
  if (issue.code !== "invalid_value") return issue.message ?? issue.code;
  return `expected ${issue.values.map((each) => JSON.stringify(each)).join(" or ")}, found ${shown(found)}`;
}

/** Characters of a value that a message shows. */
const SHOWN = 60;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => {
    if (typeof at !== "object" || at === null) return undefined;
    return Object.entries(at).find(([name]) => name === String(key))?.[1];
  }, value);
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => join(text, typeof key === "number" ? `[${key}]` : String(key)), "");
}

function join(before: string, after: string): string {
  return before === "" || after === "" || after.startsWith("[") ? before + after : `${before}.${after}`;
}
