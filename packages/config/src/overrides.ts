import { CodexError } from "@codex/common";
import { parseToml } from "./toml.js";
import { splitKey } from "./table.js";

/** One `-c key=value`. */
export type Override = { readonly path: readonly string[]; readonly value: unknown };

/** Reads the text after `-c`: split at the first `=` outside quotes; TOML, else the text itself (core.md §7.1). */
export async function parseOverride(text: string): Promise<Override> {
  const equals = /^(?:"[^"]*"|'[^']*'|[^="'])*=/.exec(text)?.[0].length;
  if (equals === undefined) throw new CodexError("config_invalid", `-c ${shown(text)}: expected key=value`);
  const path = splitKey(text.slice(0, equals - 1));
  if (path === undefined) {
    throw new CodexError(
      "config_invalid",
      `-c ${shown(text.slice(0, equals - 1))}=…: expected a dotted key before "="`,
    );
  }
  return { path, value: await overrideValue(text.slice(equals).trim()) };
}

/**
 * The value that a text on the command line stands for. Plain words, numbers and quoted strings need no parser; the
 * results are the same.
 */
export async function overrideValue(text: string): Promise<unknown> {
  if (text === "" || isPlainWord(text)) return text;
  if (text === "true" || text === "false") return text === "true";
  if (/^-?(?:0|[1-9][0-9]{0,14})$/.test(text)) return Number(text) + 0;
  const quoted = /^"([^"\\\p{Cc}]*)"$/u.exec(text) ?? /^'([^'\p{Cc}]*)'$/u.exec(text);
  if (quoted?.[1] !== undefined) return quoted[1];
  const parsed = await parseToml(`value = ${text}`);
  const keys = parsed.type === "table" ? Object.keys(parsed.table) : [];
  if (parsed.type === "table" && keys.length === 1 && keys[0] === "value") return parsed.table["value"];
  return text.replace(/^["']+|["']+$/g, "");
}

/** A text that no TOML value looks like. */
function isPlainWord(text: string): boolean {
  return /^[A-Za-z/~][A-Za-z0-9_./:@~-]*$/.test(text) && !["true", "false", "inf", "nan"].includes(text);
}

function shown(text: string): string {
  const clean = text.replace(/\p{Cc}+/gu, " ");
  return clean.length > 60 ? `${clean.slice(0, 60)}…` : clean;
}
