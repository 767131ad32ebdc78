import { CodexError } from "@codex/common";
import { join } from "node:path";
import { isTable } from "./table.js";
import { readTextFile } from "./text-file.js";

/**
 * The API key that a login left in `auth.json`; `undefined` when there is no file or no key in it.
 * A malformed file is `config_invalid`; the message names the file and never shows what is in it.
 */
export async function readAuthKey(home: string): Promise<string | undefined> {
  const path = join(home, "auth.json");
  const text = readTextFile(path);
  if (text === undefined) return undefined;
  const content = parseJson(text);
  if (!isTable(content)) throw malformed(path, "is not a JSON object");
  const key = content["OPENAI_API_KEY"];
  if (key === undefined || key === null || key === "") return undefined;
  if (typeof key !== "string") throw malformed(path, "OPENAI_API_KEY is not a string");
  return key;
}

/** The parser's own message quotes the text: it must not get out. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function malformed(path: string, what: string): CodexError<"config_invalid"> {
  return new CodexError("config_invalid", `${path}: ${what}; log in again, or remove the file`);
}
