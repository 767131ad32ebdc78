import { closeSync, fsyncSync, openSync, renameSync, statSync, unlinkSync, utimesSync, writeSync } from "node:fs";
import { Decompress } from "fzstd";
import { CodexError } from "@codex/common";
import { plainChunks } from "./scan.js";

/** The bytes of a file packed with zstd as they were before, as far as `end`. A damaged file throws `file_error`. */
export function* unpackedChunks(path: string, end: number): Generator<Uint8Array> {
  let out: Uint8Array[] = [];
  const stream = new Decompress((data) => out.push(data));
  let left = end;
  const take = function* (): Generator<Uint8Array> {
    for (const data of out) {
      const part = data.subarray(0, Math.max(0, left));
      left -= part.length;
      if (part.length > 0) yield part;
    }
    out = [];
  };
  for (const chunk of plainChunks(path, Number.MAX_SAFE_INTEGER)) {
    if (left <= 0) return;
    unpack(path, () => void stream.push(chunk));
    yield* take();
  }
  if (left > 0) unpack(path, () => void stream.push(new Uint8Array(0), true));
  yield* take();
}

/** The name of a packed file without its ending. */
function unpackedPath(packed: string): string {
  return packed.replace(/\.zst$/, "");
}

/**
 * Unpacks a session file beside itself and removes the packed one, as the Rust program does before it goes on with it
 * (rollout-live.md §2). The plain file is there whole or not at all. Returns its path.
 */
export function unpackFile(packed: string): string {
  const plain = unpackedPath(packed);
  const partial = `${plain}.partial`;
  const { mode, atime, mtime } = statSync(packed);
  const descriptor = openSync(partial, "w", mode & 0o777);
  try {
    for (const chunk of unpackedChunks(packed, Number.MAX_SAFE_INTEGER)) {
      for (let at = 0; at < chunk.length;) at += writeSync(descriptor, chunk, at);
    }
    fsyncSync(descriptor);
  } catch (error) {
    unlinkSync(partial);
    throw error;
  } finally {
    closeSync(descriptor);
  }
  utimesSync(partial, atime, mtime);
  renameSync(partial, plain);
  unlinkSync(packed);
  return plain;
}

function unpack(path: string, step: () => void): void {
  try {
    step();
  } catch (error) {
    const advice = `what is left of it can be had with: zstd -dc ${path}`;
    throw new CodexError("file_error", `the packed session file ${path} is damaged; ${advice}`, { cause: error });
  }
}
