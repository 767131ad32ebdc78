import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { fieldsOf } from "@codex/common";
import type { KnownContext } from "../prompt/known-context.js";
import type { ReadChunks } from "./scan.js";
import { newTail, parseLine, scanFile } from "./scan.js";
import { decodeContext } from "./stored-context.js";

/** Bytes from the end of a file that are looked at first; doubled until something is found. */
const FIRST_BYTES = 1 << 16;

/** The last settings that a file holds, read from its end. */
export function lastContext(path: string): KnownContext | undefined {
  const descriptor = openSync(path, "r");
  try {
    const { size } = fstatSync(descriptor);
    for (let wanted = FIRST_BYTES; ; wanted *= 2) {
      const length = Math.min(size, wanted);
      const data = Buffer.allocUnsafe(length);
      const read = readSync(descriptor, data, 0, length, size - length);
      const found = lastContextIn(data.toString("utf8", 0, read));
      if (found !== undefined || length === size) return found;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** The same for a file that can only be read from its start. */
export function lastContextOf(path: string, read: ReadChunks): KnownContext | undefined {
  let last: KnownContext | undefined;
  for (const line of scanFile(path, newTail(), { read })) {
    if (line.type === "turn_context") last = decodeContext(fieldsOf(line.payload)) ?? last;
  }
  return last;
}

function lastContextIn(text: string): KnownContext | undefined {
  for (const line of text.split("\n").reverse()) {
    if (!line.includes('"turn_context"')) continue;
    const record = parseLine(line);
    const context = record?.type === "turn_context" ? decodeContext(fieldsOf(record.payload)) : undefined;
    if (context !== undefined) return context;
  }
  return undefined;
}
