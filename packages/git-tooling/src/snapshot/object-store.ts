import { createHash, randomBytes } from "node:crypto";
import {
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { CodexError, codeOf } from "@codex/common";
import { LinkedFiles } from "./linked-files.js";
import type { PackedObject } from "./pack-file.js";
import { PackFile, packRecord, writePack } from "./pack-file.js";
import { objectId } from "./tree.js";

/** Bytes of packed objects that are held before they are written. */
const PACK_BYTES = 16 << 20;
/** Packs of fewer bytes are joined when something is cleared away. */
const SMALL_PACK = 1 << 20;
const LINKED = "linked";
const ABSENT = { throwIfNoEntry: false } as const;
/** Bytes read at a time from a large file. */
const CHUNK = 1 << 20;

/**
 * Content by its git id, in a bare git directory of our own: packs that plain git reads, written and read without
 * it, so that nothing is ever filtered. Large files lie beside them as they are.
 */
export class ObjectStore {
  /** Absolute. */
  readonly folder: string;
  /** Files of others that never change, by a name of ours. */
  readonly linked: LinkedFiles;
  readonly #packs = new Map<string, PackFile>();
  /** Names of packs and of large objects that were written here. */
  readonly #written = new Set<string>();
  #pending = new Map<string, Buffer>();
  #pending_bytes = 0;

  constructor(folder: string) {
    this.folder = folder;
    this.linked = new LinkedFiles(join(folder, LINKED));
    mkdirSync(join(folder, "objects", "pack"), { recursive: true, mode: 0o700 });
    mkdirSync(join(folder, "large"), { recursive: true, mode: 0o700 });
    if (!existsSync(join(folder, "HEAD"))) {
      mkdirSync(join(folder, "refs"), { recursive: true, mode: 0o700 });
      writeFileSync(join(folder, "config"), "[core]\n\trepositoryformatversion = 0\n\tbare = true\n[gc]\n\tauto = 0\n");
      writeFileSync(join(folder, "HEAD"), "ref: refs/heads/none\n");
    }
    this.#refresh();
  }

  get #packFolder(): string {
    return join(this.folder, "objects", "pack");
  }

  /** Also sees what another session of the same folder has written. */
  #refresh(): void {
    const names = readdirSync(this.#packFolder).filter((file) => file.endsWith(".idx"));
    const present = new Set(names.map((file) => join(this.#packFolder, file.slice(0, -4))));
    for (const name of this.#packs.keys()) if (!present.has(name)) this.#packs.delete(name);
    for (const name of present) if (!this.#packs.has(name)) this.#packs.set(name, new PackFile(name));
  }

  has(id: string): boolean {
    if (this.#pending.has(id)) return true;
    for (const pack of this.#packs.values()) if (pack.find(id) >= 0) return true;
    return existsSync(this.#large(id));
  }

  /** Counts once `flush` has been called. */
  put(type: "blob" | "tree", data: Uint8Array): string {
    const id = objectId(type, data);
    if (this.has(id)) return id;
    const record = packRecord(type, data);
    this.#pending.set(id, record);
    this.#pending_bytes += record.length;
    if (this.#pending_bytes > PACK_BYTES) this.flush();
    return id;
  }

  flush(): void {
    if (this.#pending.size === 0) return;
    const objects = [...this.#pending].map(([id, record]): PackedObject => ({ id, record }));
    const name = writePack(this.#packFolder, objects);
    this.#packs.set(name, new PackFile(name));
    this.#written.add(name);
    this.#pending = new Map();
    this.#pending_bytes = 0;
  }

  /** Copies a file that is too large for memory. Returns its id and how many bytes were read. */
  async putLarge(path: string | Buffer, size: number): Promise<{ readonly id: string; readonly size: number }> {
    const beside = join(this.folder, "large", `${randomBytes(8).toString("hex")}.new`);
    const source = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const target = await open(beside, "wx", 0o600);
    const hash = createHash("sha1").update(`blob ${size}\0`);
    let done = 0;
    try {
      const buffer = Buffer.alloc(CHUNK);
      while (done < size) {
        const { bytesRead } = await source.read(buffer, 0, Math.min(CHUNK, size - done), null);
        if (bytesRead === 0) break;
        hash.update(buffer.subarray(0, bytesRead));
        await target.write(buffer, 0, bytesRead);
        done += bytesRead;
      }
    } finally {
      await source.close();
      await target.close();
    }
    const id = hash.digest("hex");
    if (done === size) {
      renameSync(beside, this.#large(id));
      this.#written.add(id);
    } else rmSync(beside, { force: true });
    return { id, size: done };
  }

  /** Small content; what was damaged is not given. Throws `file_error`. */
  read(type: "blob" | "tree", id: string): Buffer {
    const data = this.#find(id);
    if (data !== undefined && objectId(type, data) === id) return data;
    throw this.#lost(id);
  }

  #lost(id: string): CodexError<"file_error"> {
    return new CodexError("file_error", `the snapshot store ${this.folder} has lost or damaged the object ${id}`);
  }

  #find(id: string): Buffer | undefined {
    const record = this.#record(id);
    if (record !== undefined) return record;
    this.#refresh();
    return this.#record(id) ?? (existsSync(this.#large(id)) ? readFileSync(this.#large(id)) : undefined);
  }

  #record(id: string): Buffer | undefined {
    const pending = this.#pending.get(id);
    if (pending !== undefined) {
      this.flush();
      return this.#record(id);
    }
    for (const pack of this.#packs.values()) {
      const place = pack.find(id);
      if (place < 0) continue;
      try {
        return pack.read(place);
      } catch (error) {
        // ENOENT: another session has packed it anew
        if (codeOf(error) !== "ENOENT") throw this.#lost(id);
      }
    }
    return undefined;
  }

  /** Path of a large object; `undefined`: it is a small one. */
  largeFile(id: string): string | undefined {
    return existsSync(this.#large(id)) ? this.#large(id) : undefined;
  }

  /** Does the large file still hold what its name says? */
  async isWhole(id: string): Promise<boolean> {
    const path = this.#large(id);
    const hash = createHash("sha1").update(`blob ${statSync(path).size}\0`);
    const file = await open(path);
    try {
      const buffer = Buffer.alloc(CHUNK);
      for (let got = -1; got !== 0;) {
        got = (await file.read(buffer, 0, CHUNK, null)).bytesRead;
        hash.update(buffer.subarray(0, got));
      }
    } finally {
      await file.close();
    }
    return hash.digest("hex") === id;
  }

  /** Bytes that all this takes. */
  get bytes(): number {
    let sum = this.linked.bytes;
    for (const entry of readdirSync(this.folder, { withFileTypes: true })) {
      const path = join(this.folder, entry.name);
      if (entry.isFile()) sum += statSync(path, ABSENT)?.size ?? 0;
      else if (entry.name !== LINKED) sum += bytesUnder(path);
    }
    return sum;
  }

  /** Bytes of a blob; 0 when it is lost. */
  sizeOf(id: string): number {
    const large = this.largeFile(id);
    return large === undefined ? (this.#find(id)?.length ?? 0) : statSync(large).size;
  }

  #large(id: string): string {
    return join(this.folder, "large", id);
  }

  /**
   * Keeps only `live` of what this store has written itself, and of what was written before `older_than`
   * (milliseconds): anything else may belong to a session that has not named it yet.
   */
  prune(live: ReadonlySet<string>, older_than: number): void {
    this.flush();
    this.#refresh();
    this.linked.prune(live, older_than);
    const isOld = (path: string): boolean => (statSync(path, ABSENT)?.mtimeMs ?? Infinity) < older_than;
    const packs = [...this.#packs.values()];
    const old = packs.filter(({ name }) => this.#written.has(name) || isOld(`${name}.pack`));
    const young = packs.filter((pack) => !old.includes(pack));
    this.#repack(old, new Set(young.flatMap((pack) => [...pack.ids()])), live);
    for (const folder of [this.folder, this.#packFolder, join(this.folder, "large")]) {
      for (const name of readdirSync(folder)) {
        const path = join(folder, name);
        const isDead = folder.endsWith("large") ? !live.has(name) : isLeftover(path);
        if (isDead && (this.#written.has(name) || isOld(path))) rmSync(path, { force: true });
      }
    }
  }

  /** Writes packs that hold dead or doubled objects, or few, anew. `elsewhere`: what other packs hold already. */
  #repack(packs: readonly PackFile[], elsewhere: Set<string>, live: ReadonlySet<string>): void {
    const wanted = packs.map((pack) => {
      const ids = [...pack.ids()];
      const kept = ids.filter((id) => live.has(id) && !elsewhere.has(id));
      for (const id of kept) elsewhere.add(id);
      return { pack, kept, isWhole: kept.length === ids.length };
    });
    const stale = wanted.filter(({ pack, isWhole }) => !isWhole || statSync(`${pack.name}.pack`).size < SMALL_PACK);
    if (stale.every(({ isWhole }) => isWhole) && stale.length <= 1) return;
    const written = new Set<string>();
    let batch: PackedObject[] = [];
    let bytes = 0;
    const write = (): void => {
      if (batch.length > 0) written.add(writePack(this.#packFolder, batch));
      [batch, bytes] = [[], 0];
    };
    for (const { pack, kept } of stale) {
      for (const id of kept) {
        const record = pack.record(pack.find(id));
        batch.push({ id, record });
        bytes += record.length;
        if (bytes > PACK_BYTES) write();
      }
    }
    write();
    for (const { pack } of stale) {
      if (written.has(pack.name)) continue;
      rmSync(`${pack.name}.idx`, { force: true });
      rmSync(`${pack.name}.pack`, { force: true });
    }
    for (const name of written) this.#written.add(name);
    this.#refresh();
  }
}

/** Of somebody who died: a file that was not finished, a pack without its index. */
function isLeftover(path: string): boolean {
  return path.endsWith(".new") || (path.endsWith(".pack") && !existsSync(`${path.slice(0, -4)}idx`));
}

/** Bytes of all files below a folder. */
function bytesUnder(folder: string): number {
  let sum = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    sum += statSync(join(entry.parentPath, entry.name), ABSENT)?.size ?? 0;
  }
  return sum;
}
