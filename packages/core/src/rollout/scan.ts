import { closeSync, openSync, readSync } from "node:fs";
import { fieldsOf, isFields, parseJson, textOf } from "@codex/common";
import type { HistoryMode, RolloutLine } from "@codex/protocol";

/** Bytes read at once: little at first, since many only want the first line. */
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

/** The bytes of a file in pieces, as far as `end` (an offset). */
export type ReadChunks = (path: string, end: number) => Iterable<Uint8Array>;

export type ScanOptions = {
  /** A byte offset; absent: all of it. */
  readonly end?: number;
  /** Default: the bytes as they stand. */
  readonly read?: ReadChunks;
};

/**
 * The lines of one file. Whatever is no record — torn, blank, of an unknown shape, not UTF-8 — is passed over: one bad
 * line must not cost a session (rollout-live.md §2, §5.2).
 */
export function* scanFile(path: string, tail: Tail, options: ScanOptions = {}): Generator<RolloutLine> {
  const { end = Number.MAX_SAFE_INTEGER, read = plainChunks } = options;
  let first = true;
  for (const text of textLines(read(path, end), tail)) {
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

function* textLines(chunks: Iterable<Uint8Array>, tail: Tail): Generator<string> {
  let rest: Uint8Array[] = [];
  for (const chunk of chunks) {
    const last = chunk.lastIndexOf(NEWLINE);
    if (last < 0) {
      rest.push(chunk);
      continue;
    }
    yield* Buffer.concat([...rest, chunk.subarray(0, last)])
      .toString("utf8")
      .split("\n");
    // a copy, so that the chunk can be freed
    rest = last + 1 === chunk.length ? [] : [chunk.slice(last + 1)];
  }
  tail.ends_with_newline = rest.length === 0;
  if (rest.length > 0) yield Buffer.concat(rest).toString("utf8");
}

export function* plainChunks(path: string, end: number): Generator<Uint8Array> {
  const descriptor = openSync(path, "r");
  try {
    for (let at = 0, size = FIRST_CHUNK; at < end; size = Math.min(size * 2, CHUNK)) {
      const chunk = new Uint8Array(Math.min(size, end - at));
      const read = readSync(descriptor, chunk, 0, chunk.length, at);
      if (read === 0) return;
      at += read;
      yield chunk.subarray(0, read);
    }
  } finally {
    closeSync(descriptor);
  }
}
