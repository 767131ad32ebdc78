import { randomUUID } from "node:crypto";
import { open, readFile, realpath, rename, rm } from "node:fs/promises";
import path from "node:path";
import { codeOf, CodexError, fieldsOf, isFields, messageOf, parseJson, present, sleep } from "@codex/common";
import type { Fields } from "@codex/common";
import { filledText } from "./filled-text.js";
import type { Tokens } from "./tokens.js";

/** What `auth.json` says (services.md §4.4). */
export type StoredAuth =
  | { readonly type: "api_key"; readonly key: string }
  | {
      readonly type: "chatgpt";
      readonly tokens: Tokens;
      /** False when another program hands the tokens over and renews them. */
      readonly is_ours: boolean;
    };

export function authFile(home: string): string {
  return path.join(home, "auth.json");
}

/** `undefined`: nobody is signed in, or in a way that we do not know. Throws `config_invalid` without its content. */
export async function readAuth(home: string, signal: AbortSignal): Promise<StoredAuth | undefined> {
  const fields = await readFields(authFile(home), signal);
  if (fields === undefined) return undefined;
  const key = fields["OPENAI_API_KEY"];
  if (key !== undefined && key !== null && typeof key !== "string") {
    throw malformed(authFile(home), "OPENAI_API_KEY is not a string");
  }
  const tokens = tokensOf(fields);
  switch (fields["auth_mode"] ?? (filledText(key) === undefined ? "chatgpt" : "apikey")) {
    case "apikey":
      return filledText(key) === undefined ? undefined : { type: "api_key", key: String(key).trim() };
    case "chatgpt":
      return tokens === undefined ? undefined : { type: "chatgpt", tokens, is_ours: true };
    case "chatgptAuthTokens":
      return tokens === undefined ? undefined : { type: "chatgpt", tokens, is_ours: false };
    default:
      return undefined;
  }
}

/** Puts new tokens in; keys that we do not know stay. A reader sees the old file or the new one, never a part. */
export async function writeTokens(home: string, tokens: Tokens, signal: AbortSignal): Promise<void> {
  const file = await realpath(authFile(home));
  const before = (await readFields(file, signal)) ?? {};
  const { last_refresh, ...kept } = tokens;
  const after = {
    ...before,
    tokens: { ...fieldsOf(before["tokens"]), ...kept },
    ...(last_refresh === undefined ? {} : { last_refresh: new Date(last_refresh).toISOString() }),
  };
  await replaceFile(file, `${JSON.stringify(after, null, 2)}\n`);
}

function tokensOf(fields: Fields): Tokens | undefined {
  const stored = fieldsOf(fields["tokens"]);
  const access_token = filledText(stored["access_token"]);
  if (access_token === undefined) return undefined;
  const refreshed = Date.parse(filledText(fields["last_refresh"]) ?? "");
  return {
    access_token,
    ...present("refresh_token", filledText(stored["refresh_token"])),
    ...present("id_token", filledText(stored["id_token"])),
    ...present("account_id", filledText(stored["account_id"])),
    ...present("last_refresh", Number.isNaN(refreshed) ? undefined : refreshed),
  };
}

/** Other programs write the file in place: what cannot be understood is looked at once more, after this long. */
const HALF_WRITTEN_MS = 40;

async function readFields(file: string, signal: AbortSignal): Promise<Fields | undefined> {
  for (const pause of [HALF_WRITTEN_MS, undefined]) {
    const text = await readText(file);
    if (text === undefined) return undefined;
    const value = parseJson(text);
    if (isFields(value)) return value;
    if (pause !== undefined) await sleep(pause, signal);
  }
  throw malformed(file, "is not a JSON object");
}

function readText(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
    throw new CodexError("file_error", `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  });
}

/** The parser's own message quotes the text: it must not get out. */
function malformed(file: string, what: string): CodexError {
  return new CodexError("config_invalid", `${file}: ${what}; log in again, or remove the file`);
}

async function replaceFile(file: string, text: string): Promise<void> {
  const fresh = `${file}.${randomUUID()}.new`;
  try {
    const handle = await open(fresh, "wx", 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(fresh, file);
  } catch (error) {
    await rm(fresh, { force: true });
    throw new CodexError("file_error", `${file} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}
