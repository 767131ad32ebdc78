import type { FileEntry } from "@codex/protocol";

/** Numbers of `native/files.c`. */
const VERBS = { read: 1, write: 2, remove: 3, rename: 4, mkdir: 5, list: 6, stat: 7 } as const;
export type Verb = keyof typeof VERBS;

export type FileRequest = {
  readonly verb: Verb;
  readonly path: string;
  readonly other?: string;
  readonly limit?: number;
  readonly data?: Uint8Array;
};

export type FileAnswer =
  | { readonly kind: "done"; readonly body: Buffer }
  | { readonly kind: "failed"; readonly body: Buffer }
  | { readonly kind: "absent" };

/** The most in one frame, either way (`native/files.c`); the rest is for what is not data. */
export const MOST_BYTES = 256 * 1024 * 1024;
const ROOM = 1024;

const KINDS = ["done", "failed", "absent"] as const;
const TYPES = ["file", "directory", "symlink", "other"] as const;

/** `u32 size`, `u8 verb`, `u64 limit`, path, other path (each `u32 size` and bytes), data; little-endian. */
export function encodeRequest(request: FileRequest): Buffer {
  const path = Buffer.from(request.path);
  const other = Buffer.from(request.other ?? "");
  const data = request.data ?? new Uint8Array();
  const head = Buffer.alloc(13 + 4);
  head.writeUInt32LE(13 + path.length + 4 + other.length + data.length, 0);
  head.writeUInt8(VERBS[request.verb], 4);
  head.writeBigUInt64LE(BigInt(request.limit ?? 0), 5);
  head.writeUInt32LE(path.length, 13);
  const middle = Buffer.alloc(4);
  middle.writeUInt32LE(other.length, 0);
  return Buffer.concat([head, path, middle, other, data]);
}

/** Bytes in, whole answers out; keeps what is not yet whole. `undefined` in the result: the stream is broken. */
export class AnswerDecoder {
  #parts: Buffer[] = [];
  #size = 0;

  push(part: Buffer): readonly (FileAnswer | undefined)[] {
    this.#parts.push(part);
    this.#size += part.length;
    const answers: (FileAnswer | undefined)[] = [];
    for (let wanted = this.#wanted(); wanted !== undefined && this.#size >= wanted; wanted = this.#wanted()) {
      const all = this.#joined();
      answers.push(decodeAnswer(all.subarray(4, wanted)));
      this.#parts = [all.subarray(wanted)];
      this.#size -= wanted;
    }
    if ((this.#wanted() ?? 0) > MOST_BYTES + ROOM) answers.push(undefined);
    return answers;
  }

  /** Size of the next answer with its prefix, once known. */
  #wanted(): number | undefined {
    return this.#size < 4 ? undefined : 4 + this.#prefix();
  }

  #prefix(): number {
    const first = this.#parts[0];
    return (first !== undefined && first.length >= 4 ? first : this.#joined()).readUInt32LE(0);
  }

  #joined(): Buffer {
    const all = this.#parts.length === 1 ? this.#parts[0] : undefined;
    const joined = all ?? Buffer.concat(this.#parts);
    this.#parts = [joined];
    return joined;
  }
}

function decodeAnswer(frame: Buffer): FileAnswer | undefined {
  const kind = frame.length === 0 ? undefined : KINDS[frame.readUInt8(0)];
  if (kind === undefined) return undefined;
  return kind === "absent" ? { kind } : { kind, body: frame.subarray(1) };
}

/** The body of a `list` or `stat` answer. Throws a `RangeError` when it is cut. */
export function decodeEntries(body: Buffer): readonly FileEntry[] {
  const entries: FileEntry[] = [];
  for (let at = 0; at < body.length;) {
    const size = body.readUInt32LE(at + 13);
    entries.push({
      name: body.toString("utf8", at + 17, at + 17 + size),
      type: TYPES[body.readUInt8(at)] ?? "other",
      mode: body.readUInt32LE(at + 1),
      size: Number(body.readBigUInt64LE(at + 5)),
    });
    at += 17 + size;
  }
  return entries;
}
