import { closeSync, openSync, readSync } from "node:fs";
import type { HistoryMode, RolloutLine } from "@codex/protocol";
import { fieldsOf, isFields, parseJson, textOf } from "../model/foreign.js";

/** Bytes read at once: little at first, since many only want the first line; more while one line does not fit. */
const FIRST_CHUNK = 1 << 16;
const CHUNK = 1 << 20;
const NEWLINE = 0x0a;

/** What the end of a file says about the next line. Whole once the lines were read to the end. */
export type Tail = {
  mode: HistoryMode;
  next_ordinal: number;
  /** False: somebody died in the middle of a line. */
  ends_with_newline: boolean;
};

export function newTail(): Tail {
  return { mode: "legacy", next_ordinal: 0, ends_with_newline: true };
}

/**
 * The lines of one file as far as `end` (a byte offset; absent: all of it). Whatever is no record — torn, blank, of an
 * unknown shape, not UTF-8 — is passed over: one bad line must not cost a session (rollout-live.md §2, §5.2).
 */
export function* scanFile(path: string, tail: Tail, end = Number.MAX_SAFE_INTEGER): Generator<RolloutLine> {
  let first = true;
  for (const text of textLines(path, tail, end)) {
    const line = parseLine(text);
    if (line === undefined) continue;
    if (first && line.type === "session_meta" && fieldsOf(line.payload)["history_mode"] === "paginated") {
      tail.mode = "paginated";
    }
    first = false;
    if (line.ordinal !== undefined) tail.next_ordinal = Math.max(tail.next_ordinal, line.ordinal + 1);
    yield line;
  }
}

/** One record; `undefined`: it is none. */
export function parseLine(text: string): RolloutLine | undefined {
  const record = parseJson(text);
  if (!isFields(record) || !("payload" in record)) return undefined;
  const timestamp = textOf(record["timestamp"]);
  const type = textOf(record["type"]);
  const ordinal = record["ordinal"];
  if (timestamp === undefined || type === undefined) return undefined;
  const { payload } = record;
  if (ordinal === undefined || ordinal === null) return { timestamp, type, payload };
  return isOrdinal(ordinal) ? { timestamp, ordinal, type, payload } : undefined;
}

function isOrdinal(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function* textLines(path: string, tail: Tail, end: number): Generator<string> {
  const descriptor = openSync(path, "r");
  try {
    let size = FIRST_CHUNK;
    let rest = Buffer.alloc(0);
    let at = 0;
    for (;;) {
      const chunk = Buffer.allocUnsafe(Math.max(0, Math.min(size, end - at)));
      const read = chunk.length === 0 ? 0 : readSync(descriptor, chunk, 0, chunk.length, at);
      if (read === 0) break;
      at += read;
      const data = Buffer.concat([rest, chunk.subarray(0, read)]);
      const last = data.lastIndexOf(NEWLINE);
      // a copy, so that the chunk can be freed
      rest = Buffer.from(data.subarray(last + 1));
      size = last < 0 ? size * 2 : Math.min(size * 2, CHUNK);
      if (last >= 0) yield* data.toString("utf8", 0, last).split("\n");
    }
    tail.ends_with_newline = rest.length === 0;
    if (rest.length > 0) yield rest.toString("utf8");
  } finally {
    closeSync(descriptor);
  }
}
