import { CodexError, codeOf } from "@codex/common";
import { readFileSync, statSync } from "node:fs";

/** Longer than any configuration a person writes. Bytes. */
const LIMIT = 4 * 1024 * 1024;

/**
 * UTF-8 text of a regular file; `undefined` when there is none. Anything else is `config_invalid`, naming the file.
 * Synchronous: the files are small and few, and waking Node's thread pool costs more than reading them all.
 */
export function readTextFile(path: string): string | undefined {
  const bytes = readBytes(path);
  if (bytes === undefined) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (codeOf(error) !== "ERR_ENCODING_INVALID_ENCODED_DATA") throw error;
    throw new CodexError("config_invalid", `${path}: is not UTF-8 text`);
  }
}

function readBytes(path: string): Uint8Array | undefined {
  try {
    const facts = statSync(path, { throwIfNoEntry: false });
    if (facts === undefined) return undefined;
    if (!facts.isFile()) throw new CodexError("config_invalid", `${path}: is not a regular file`);
    if (facts.size > LIMIT) throw new CodexError("config_invalid", `${path}: is larger than ${LIMIT} bytes`);
    return readFileSync(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === "config_invalid") throw error;
    throw new CodexError("config_invalid", `${path}: cannot be read (${code ?? "unknown error"})`);
  }
}
