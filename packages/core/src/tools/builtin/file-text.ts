import path from "node:path";
import { codeOf, messageOf } from "@codex/common";
import type { ToolContext, ToolOutput } from "@codex/protocol";
import { failure } from "../define.js";

/** Bytes of a file that a tool takes into memory. */
export const FILE_LIMIT = 32 * 1024 * 1024;

export type FoundText = {
  readonly type: "text";
  /** Absolute. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly text: string;
};

export type TextFile =
  | FoundText
  | { readonly type: "absent"; readonly path: string }
  /** What the model is told. */
  | { readonly type: "failed"; readonly output: ToolOutput };

/** Reads a file as the sandbox lets it be read. The bytes of a text are exactly its UTF-8: it can be written back. */
export async function readTextFile(name: string, { guard, turn, signal }: ToolContext): Promise<TextFile> {
  const file = path.resolve(turn.settings.cwd, name);
  const failed = (text: string): TextFile => ({ type: "failed", output: failure(text) });
  let bytes: Uint8Array | undefined;
  try {
    bytes = await (await guard.files()).read(file, FILE_LIMIT, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (codeOf(error) !== "file_error") throw error;
    return failed(`cannot read ${messageOf(error)}`);
  }
  if (bytes === undefined) return { type: "absent", path: file };
  const text = decode(bytes);
  if (text === undefined) return failed(`${file} is not UTF-8 text; look at it with a command, or with view_image`);
  return { type: "text", path: file, bytes, text };
}

/** `undefined` for bytes that are no text. A byte order mark stays. */
function decode(bytes: Uint8Array): string | undefined {
  if (bytes.subarray(0, 8192).includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (codeOf(error) !== "ERR_ENCODING_INVALID_ENCODED_DATA") throw error;
    return undefined;
  }
}

/** A model writes plain line ends: in a file of nothing but CRLF lines they stand for those. */
export function endLinesLike(file: string, text: string): string {
  const isCrlf = file.includes("\r\n") && !BARE_LINE_END.test(file);
  return isCrlf ? text.replaceAll(BARE_LINE_ENDS, "\r\n") : text;
}

const BARE_LINE_END = /(?<!\r)\n/;
const BARE_LINE_ENDS = /(?<!\r)\n/g;

export function absent(file: string): ToolOutput {
  return failure(`there is no file ${file}`);
}
