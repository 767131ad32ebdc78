import type { Stats } from "node:fs";
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { CodexError, codeOf } from "@codex/common";
import type { LeafFacts, Reason } from "./folder-state.js";
import { Folder, Leaf, stampOf } from "./folder-state.js";
import { countFiles, isGone, isEmptyStandIn, look } from "./look.js";
import type { Limits } from "./limits.js";
import type { ObjectStore } from "./object-store.js";
import type { ByteName, Entry } from "./tree.js";
import { bytesOf, encodeTree, NOT_COVERED, objectId } from "./tree.js";

/** Folders that a tool makes again (exec.md §7.1); many files in one of them are not worth the time of every step. */
const REBUILT = new Set(
  "node_modules .venv venv env dist build target .pytest_cache .mypy_cache .cache .tox __pycache__ .gradle .next .turbo Pods .git".split(
    " ",
  ),
);

/** Larger files are copied in pieces instead of held in memory. */
const LARGE = 1 << 20;
/** Milliseconds of work after which others get their turn. */
const SLICE = 8;
/** Entries of one folder after which that is asked. */
const BREATH = 256;
/** Milliseconds within which the file system's clock may not tell two changes apart. */
const GRAIN = 20;

export type ScanParts = {
  readonly store: ObjectStore;
  /** Not even looked at. `path` is absolute. */
  leavesOut(path: ByteName, name: ByteName): boolean;
  /** Absolute; known to be there, never read. */
  readonly secrets: ReadonlySet<ByteName>;
  readonly limits: Omit<Limits, "wait_ms">;
  /** What tells a file's content for good: it is linked instead of read. `undefined`: it may change. */
  constantName?(path: ByteName): ByteName | undefined;
};

/** What was found. */
export type Scanned = {
  readonly folder: Folder;
  /** Paths below the root that are the same file, by groups of two and more. */
  readonly linked: readonly (readonly ByteName[])[];
};

/** What lies at a path now, and what was known of it. */
type Found = { readonly stats: Stats; readonly old: Folder | Leaf | undefined };

/** A place where a scan lets go: with something to wait for, or only to breathe. */
type Pause = Promise<void> | undefined;
type Work<T> = Generator<Pause, T, void>;

/**
 * Looks at every file of a folder once and reads those that are not as `before` has them. Symlinks are never followed,
 * other file systems not entered. Yields to others every few milliseconds.
 */
export async function scanRoot(
  root: ByteName,
  before: Folder | undefined,
  parts: ScanParts,
  signal: AbortSignal,
): Promise<Scanned | undefined> {
  const stats = look(root);
  if (stats?.isDirectory() !== true) return undefined;
  const scan = new Scan(root, stats.dev, parts);
  const work = scan.folder(root, stats, before);
  for (let slice = performance.now(); ;) {
    const { done, value } = work.next();
    if (done === true) {
      parts.store.flush();
      return { folder: value, linked: scan.linked() };
    }
    if (value !== undefined) await value;
    else if (performance.now() - slice < SLICE) continue;
    else await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    slice = performance.now();
  }
}

class Scan {
  readonly #root: ByteName;
  readonly #device: number;
  readonly #parts: ScanParts;
  readonly #started = Date.now();
  #files = 0;
  readonly #read = { small: 0, large: 0 };
  readonly #linked = new Map<number, ByteName[]>();

  constructor(root: ByteName, device: number, parts: ScanParts) {
    this.#root = root;
    this.#device = device;
    this.#parts = parts;
  }

  linked(): readonly (readonly ByteName[])[] {
    return [...this.#linked.values()].filter((group) => group.length > 1);
  }

  *folder(path: ByteName, stats: Stats, before: Folder | undefined): Work<Folder> {
    yield undefined;
    const isSame = before !== undefined && before.mtime === stats.mtimeMs;
    const names = isSame ? before.entries.keys() : readdirSync(bytesOf(path), "latin1");
    const entries = new Map<ByteName, Folder | Leaf>();
    const mode = stats.mode & 0o177777;
    let isStill = isSame && before.mode === mode;
    let isUntouched = isStill;
    let count = 0;
    for (const name of names) {
      if ((count += 1) % BREATH === 0) yield undefined;
      const old = before?.entries.get(name);
      const inner = `${path}/${name}`;
      const isOld = old instanceof Leaf && ((isSame && this.#isConstant(old)) || this.#isUnchanged(inner, old));
      const state = isOld ? old : yield* this.#entry(inner, name, old);
      isUntouched &&= state === old;
      if (state === undefined) {
        isStill &&= old === undefined;
        continue;
      }
      entries.set(name, state);
      isStill &&= old !== undefined && old.id === state.id && old.mode === state.mode;
    }
    if (isUntouched && before !== undefined) return before;
    const id = isStill && before !== undefined ? before.id : this.#putTree(entries);
    return new Folder({ mode, id }, { mtime: this.#isFresh(stats.mtimeMs) ? NaN : stats.mtimeMs, entries });
  }

  /** The way of nearly all files: one look, nothing made. Whatever has several names takes the other way. */
  #isUnchanged(path: ByteName, old: Leaf): boolean {
    if (old.stamp === undefined || old.reason !== undefined || old.links > 1) return false;
    const stats = look(path);
    if (stats === undefined || !old.isStill(stats)) return false;
    this.#files += 1;
    return true;
  }

  /** While the names of its folder stand, so does what they name. */
  #isConstant(old: Leaf): boolean {
    if (old.held !== "linked") return false;
    this.#files += 1;
    return true;
  }

  #putTree(entries: ReadonlyMap<ByteName, Entry>): string {
    return this.#parts.store.put("tree", encodeTree(entries));
  }

  /** It may change once more without a new time. */
  #isFresh(time: number): boolean {
    return time > this.#started - GRAIN;
  }

  *#entry(path: ByteName, name: ByteName, old: Folder | Leaf | undefined): Work<Folder | Leaf | undefined> {
    if (this.#parts.leavesOut(path, name)) return undefined;
    if (this.#parts.secrets.size > 0 && this.#parts.secrets.has(path)) return notCovered("secret", path);
    const stats = look(path);
    if (stats === undefined) return undefined;
    try {
      return yield* this.#found(path, name, { stats, old });
    } catch (error) {
      // others make and remove things meanwhile: one that went is one that is not there
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  *#found(path: ByteName, name: ByteName, { stats, old }: Found): Work<Folder | Leaf | undefined> {
    if (stats.isDirectory()) {
      return isEmptyStandIn(path, stats) ? undefined : yield* this.#directory(path, name, { stats, old });
    }
    this.#files += 1;
    if (this.#files > this.#parts.limits.files) {
      throw new CodexError("bad_request", `the folder holds more than ${this.#parts.limits.files} files`);
    }
    const linked = stats.isFile() ? this.#link(path, stats) : undefined;
    if (linked !== undefined) return linked;
    if (stats.nlink > 1) this.#noteLink(path, stats.ino);
    const mode = stats.mode & 0o177777;
    if (old instanceof Leaf && old.isStill(stats)) {
      // a change of the mode alone has a new ctime, so the rest stands
      return old;
    }
    const facts = { stamp: this.#isFresh(stats.ctimeMs) ? undefined : stampOf(stats), links: stats.nlink };
    if (stats.isSymbolicLink()) {
      return new Leaf({ mode, id: this.#parts.store.put("blob", readlinkSync(bytesOf(path), "buffer")) }, facts);
    }
    if (!stats.isFile()) return notCovered("not a file", `${path} ${stats.ino}`);
    return yield* this.#file(path, stats, { ...facts, old });
  }

  /** `undefined`: it is to be read like any other. */
  #link(path: ByteName, { mode, size, ino }: Stats): Leaf | undefined {
    const name = this.#parts.constantName?.(path);
    if (name === undefined) return undefined;
    // as long as it is linked, its inode is nobody else's
    const id = objectId("blob", Buffer.from(`linked ${name} ${size} ${ino}`, "latin1"));
    if (!this.#parts.store.linked.add(id, path)) return undefined;
    return new Leaf({ mode: mode & 0o177777, id }, { held: "linked" });
  }

  #noteLink(path: ByteName, ino: number): void {
    const group = this.#linked.get(ino) ?? [];
    group.push(path.slice(this.#root.length + 1));
    this.#linked.set(ino, group);
  }

  *#directory(path: ByteName, name: ByteName, { stats, old }: Found): Work<Folder | Leaf> {
    if (stats.dev !== this.#device) return notCovered("another file system", `${path} ${stats.ino}`);
    if (REBUILT.has(name) && this.#isHeavy(path, stats, old)) {
      return new Leaf(
        { mode: NOT_COVERED, id: identity("rebuilt by its tool", `${path} ${stats.ino}`) },
        {
          stamp: stampOf(stats),
          reason: "rebuilt by its tool",
        },
      );
    }
    try {
      return yield* this.folder(path, stats, old instanceof Folder ? old : undefined);
    } catch (error) {
      if (codeOf(error) !== "EACCES") throw error;
      return notCovered("unreadable", `${path} ${stats.ino}`);
    }
  }

  #isHeavy(path: ByteName, stats: Stats, old: Folder | Leaf | undefined): boolean {
    const { rebuilt_files } = this.#parts.limits;
    if (rebuilt_files === Infinity) return false;
    if (old instanceof Folder) return old.files > rebuilt_files;
    if (old?.reason === "rebuilt by its tool" && old.isStill(stats)) return true;
    return countFiles(path, rebuilt_files) > rebuilt_files;
  }

  *#file(path: ByteName, stats: Stats, { old, ...facts }: LeafFacts & Pick<Found, "old">): Work<Leaf> {
    const { limits, store } = this.#parts;
    const mode = stats.mode & 0o177777;
    const seen = `${path} ${stats.size} ${stats.mtimeMs} ${stats.ino}`;
    if (stats.size > limits.file_bytes) return notCovered("too large", seen);
    const rest = notCovered("too much at once", seen);
    // no later look makes up for it: each of them would take as long again
    if (old?.id === rest.id || !this.#takes(stats.size)) return rest;
    yield undefined;
    try {
      if (stats.size <= LARGE) return new Leaf({ mode, ...this.#readSmall(path) }, facts);
      let copied: { readonly id: string; readonly size: number } | { readonly error: unknown } | undefined;
      yield store.putLarge(bytesOf(path), stats.size).then(
        (copy) => void (copied = copy),
        (error: unknown) => void (copied = { error }),
      );
      if (copied !== undefined && "error" in copied) throw copied.error;
      // it shrank while it was read: what was there is told by the next look
      return copied?.size === stats.size ? new Leaf({ mode, id: copied.id }, facts) : notCovered("unreadable", seen);
    } catch (error) {
      const code = codeOf(error);
      if (code === "EACCES" || code === "EPERM" || code === "ELOOP" || code === "EIO") {
        return notCovered("unreadable", seen);
      }
      throw error;
    }
  }

  /** Is there room for a file of so many bytes? */
  #takes(size: number): boolean {
    const { new_bytes, large_bytes } = this.#parts.limits;
    const kind = size > LARGE ? "large" : "small";
    const sum = this.#read[kind] + size;
    if (sum > (kind === "large" ? large_bytes : new_bytes)) return false;
    this.#read[kind] = sum;
    return true;
  }

  #readSmall(path: ByteName): { readonly id: string } {
    const descriptor = openSync(bytesOf(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      if (!fstatSync(descriptor).isFile()) return { id: identity("not a file", path) };
      return { id: this.#parts.store.put("blob", readFileSync(descriptor)) };
    } finally {
      closeSync(descriptor);
    }
  }
}

/** Nothing of it is kept but that it is there, and whether it is another one now. */
function notCovered(reason: Reason, seen: string): Leaf {
  return new Leaf({ mode: NOT_COVERED, id: identity(reason, seen) }, { reason });
}

function identity(reason: Reason, seen: string): string {
  return objectId("blob", Buffer.from(`${reason} ${seen}`, "latin1"));
}
