import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, readFileSync, readSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateSync, inflateSync } from "node:zlib";
import { CodexError } from "@codex/common";

/** Type numbers of git's pack format. */
const TYPES = { blob: 3, tree: 2 } as const;

export type PackedObject = { readonly id: string; readonly record: Buffer };

/** One object as a pack holds it: type and length, then the content, lightly compressed. */
export function packRecord(type: keyof typeof TYPES, data: Uint8Array): Buffer {
  const header: number[] = [];
  let rest = Math.floor(data.length / 16);
  header.push((TYPES[type] << 4) | (data.length & 15) | (rest > 0 ? 0x80 : 0));
  while (rest > 0) {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    header.push(low | (rest > 0 ? 0x80 : 0));
  }
  return Buffer.concat([Buffer.from(header), deflateSync(data, { level: isDense(data) ? 0 : 1 })]);
}

/** Bytes from the middle by which content is judged. */
const PROBE = 4096;

/** Pictures and archives take long to compress, and stay as long. */
function isDense(data: Uint8Array): boolean {
  if (data.length < 4 * PROBE) return false;
  const middle = Math.floor(data.length / 2);
  return deflateSync(data.subarray(middle, middle + PROBE), { level: 1 }).length > 0.9 * PROBE;
}

function unpackRecord(record: Buffer): Buffer {
  let at = 0;
  while (((record[at] ?? 0) & 0x80) !== 0) at += 1;
  return inflateSync(record.subarray(at + 1));
}

/** Writes a pack and its index, version 2 of both; the index comes last and makes it count. Returns their name. */
export function writePack(folder: string, objects: readonly PackedObject[]): string {
  const head = Buffer.alloc(12);
  head.write("PACK", 0, "latin1");
  head.writeUInt32BE(2, 4);
  head.writeUInt32BE(objects.length, 8);
  const body = Buffer.concat([head, ...objects.map(({ record }) => record)]);
  const sum = createHash("sha1").update(body).digest();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const name = join(folder, `pack-${sum.toString("hex")}`);
  put(`${name}.pack`, Buffer.concat([body, sum]));
  put(`${name}.idx`, encodeIndex(objects, sum));
  return name;
}

function put(path: string, data: Buffer): void {
  const beside = `${path}.${process.pid}.new`;
  writeFileSync(beside, data, { mode: 0o600 });
  renameSync(beside, path);
}

function encodeIndex(objects: readonly PackedObject[], sum: Buffer): Buffer {
  let offset = 12;
  const rows = objects.map(({ id, record }) => {
    const row = { id, offset, crc: crc32(record) };
    offset += record.length;
    return row;
  });
  rows.sort((left, right) => (left.id < right.id ? -1 : 1));
  const fanout = Buffer.alloc(1024);
  for (const { id } of rows) {
    const first = Number.parseInt(id.slice(0, 2), 16);
    for (let at = first; at < 256; at += 1) fanout.writeUInt32BE(fanout.readUInt32BE(at * 4) + 1, at * 4);
  }
  const numbers = (pick: (row: (typeof rows)[number]) => number): Buffer => {
    const out = Buffer.alloc(rows.length * 4);
    rows.forEach((row, index) => out.writeUInt32BE(pick(row), index * 4));
    return out;
  };
  const body = Buffer.concat([
    Buffer.from([0xff, 0x74, 0x4f, 0x63, 0, 0, 0, 2]),
    fanout,
    Buffer.from(rows.map(({ id }) => id).join(""), "hex"),
    numbers(({ crc }) => crc),
    numbers(({ offset: at }) => at),
    sum,
  ]);
  return Buffer.concat([body, createHash("sha1").update(body).digest()]);
}

const IDS_AT = 8 + 1024;

/** One pack and its index; only the index is held in memory. */
export class PackFile {
  /** Without the ending. */
  readonly name: string;
  readonly #index: Buffer;
  #count: number;
  /** Where records begin, ascending. */
  #starts: Uint32Array | undefined;

  constructor(name: string) {
    this.name = name;
    this.#index = readFileSync(`${name}.idx`);
    this.#count = this.#index.length < IDS_AT ? 0 : this.#index.readUInt32BE(IDS_AT - 4);
    if (this.#index.length !== IDS_AT + this.#count * 28 + 40) this.#count = 0;
  }

  *ids(): Generator<string> {
    for (let at = 0; at < this.#count; at += 1)
      yield this.#index.toString("hex", IDS_AT + at * 20, IDS_AT + at * 20 + 20);
  }

  /** Place among the sorted ids; -1: it is not here. */
  find(id: string): number {
    const wanted = Buffer.from(id, "hex");
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const start = IDS_AT + middle * 20;
      const order = this.#index.compare(wanted, 0, 20, start, start + 20);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return -1;
  }

  read(place: number): Buffer {
    return unpackRecord(this.record(place));
  }

  /** As it stands in the pack. */
  record(place: number): Buffer {
    const offsets = IDS_AT + this.#count * 24;
    const start = this.#index.readUInt32BE(offsets + place * 4);
    const end = this.#endOf(start, offsets);
    const out = Buffer.alloc(end - start);
    const file = openSync(`${this.name}.pack`, "r");
    try {
      const got = readSync(file, out, 0, out.length, start);
      if (got !== out.length) throw new CodexError("file_error", `${this.name}.pack is cut short`);
    } finally {
      closeSync(file);
    }
    return out;
  }

  /** The next higher offset, or where the checksum begins. */
  #endOf(start: number, offsets: number): number {
    this.#starts ??= Uint32Array.from({ length: this.#count }, (_, at) =>
      this.#index.readUInt32BE(offsets + at * 4),
    ).sort();
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] ?? 0) <= start) low = middle + 1;
      else high = middle;
    }
    return this.#starts[low] ?? statSync(`${this.name}.pack`).size - 20;
  }
}
