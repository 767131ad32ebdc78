import { isFields, parseJson, textOf } from "@codex/common";
import type { Fields } from "@codex/common";
import type { OutputPayload, ResponseItem } from "@codex/protocol";
import { normalize } from "./normalize.js";
import type { Places } from "./normalize.js";
import { redact } from "./redact.js";

/** What counts of one item of a request: its kind, a call's name, and arguments or output without what may differ. */
export type Mark = { readonly kind: string; readonly name?: string; readonly text?: string };

/** A request as the recording compares it: roles, call names and arguments, tool outputs. */
export function fingerprint(input: readonly ResponseItem[], places: Places, secrets: readonly string[] = []): Mark[] {
  const clean = (text: string): string => redact(normalize(text, places), secrets);
  return input.map((item) => markOf(item, clean));
}

function markOf(item: ResponseItem, clean: (text: string) => string): Mark {
  switch (item.type) {
    case "message":
      return { kind: `message of ${item.role}` };
    case "function_call":
      return { kind: item.type, name: item.name, text: clean(item.arguments) };
    case "custom_tool_call":
      return { kind: item.type, name: item.name, text: clean(item.input) };
    case "local_shell_call":
      return { kind: item.type, text: clean(JSON.stringify(item.action)) };
    case "function_call_output":
    case "custom_tool_call_output":
      return { kind: item.type, text: clean(outputText(item.output)) };
    case "reasoning":
    case "web_search_call":
    case "compaction":
      return { kind: item.type };
    default:
      return item satisfies never;
  }
}

function outputText(output: OutputPayload): string {
  if (typeof output === "string") return output;
  return output.map((part) => (part.type === "input_text" ? part.text : "[image]")).join("\n");
}

/** Where two requests differ first, in one line: which item, which field, and both texts around the place. */
export function difference(recorded: readonly Mark[], asked: readonly Mark[]): string | undefined {
  for (let index = 0; index < Math.max(recorded.length, asked.length); index += 1) {
    const what = markDifference(recorded[index], asked[index]);
    if (what !== undefined) return `item ${index + 1} ${what}`;
  }
  return undefined;
}

function markDifference(old: Mark | undefined, now: Mark | undefined): string | undefined {
  if (old === undefined) return `(${nameOf(now)}) is not in the recording`;
  if (now === undefined) return `(${nameOf(old)}) is missing`;
  if (old.kind !== now.kind || old.name !== now.name) return `is ${nameOf(now)}, recorded was ${nameOf(old)}`;
  if (old.text === now.text) return undefined;
  return `(${nameOf(old)}), ${fieldDifference(fieldOf(old), old.text ?? "", now.text ?? "")}`;
}

function nameOf(mark: Mark | undefined): string {
  return mark?.name === undefined ? String(mark?.kind) : `${mark.kind} ${mark.name}`;
}

/** The wire's name for what a mark compares. */
function fieldOf({ kind }: Mark): string {
  if (kind === "function_call") return "arguments";
  if (kind === "custom_tool_call") return "input";
  return kind === "local_shell_call" ? "action" : "output";
}

/** Of two JSON objects the first key that differs is named. */
function fieldDifference(field: string, old: string, now: string): string {
  const [before, after] = [parseJson(old), parseJson(now)];
  if (!isFields(before) || !isFields(after)) return textDifference(`field ${field}`, old, now);
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const key = keys.find((name) => valueText(before, name) !== valueText(after, name));
  if (key === undefined) return textDifference(`field ${field}`, old, now);
  return textDifference(`field ${field}.${key}`, valueText(before, key), valueText(after, key));
}

function valueText(fields: Fields, key: string): string {
  const value = fields[key];
  return textOf(value) ?? (value === undefined ? "" : JSON.stringify(value));
}

/** Characters shown on each side of the place. */
const AROUND = 30;

function textDifference(field: string, old: string, now: string): string {
  let at = 0;
  while (at < old.length && old[at] === now[at]) at += 1;
  const cut = (text: string): string => JSON.stringify(text.slice(Math.max(0, at - AROUND), at + AROUND));
  const line = old.includes("\n") || now.includes("\n") ? `, line ${old.slice(0, at).split("\n").length}` : "";
  return `${field}${line}: recorded ${cut(old)}, now ${cut(now)}`;
}
