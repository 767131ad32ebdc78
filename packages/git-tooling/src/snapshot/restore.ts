import type { Stats } from "node:fs";
import {
  chmodSync,
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { CodexError, codeOf, messageOf } from "@codex/common";
import { Anchor } from "./anchor.js";
import type { Folder } from "./folder-state.js";
import { findState, Leaf } from "./folder-state.js";
import type { ObjectStore } from "./object-store.js";
import type { PathProblem, Target } from "./plan.js";
import type { ByteName, Entry } from "./tree.js";
import { bytesOf, TEMPORARY, typeOf } from "./tree.js";

export type RestoreParts = {
  readonly root: ByteName;
  readonly store: ObjectStore;
  /** As it was when the plan was made. */
  readonly current: Folder | undefined;
  /** Groups of paths that were one file. */
  readonly linked: readonly (readonly ByteName[])[];
  /** Names the files that are written before they take their place; the same when it is done again. */
  readonly token: string;
};

/**
 * Makes the targets true, below the root and nowhere else. Each file appears whole or not at all; what cannot be done,
 * because somebody came in between, is reported, and everything else goes on.
 */
export async function restoreTargets(
  targets: readonly Target[],
  parts: RestoreParts,
  signal: AbortSignal,
): Promise<readonly PathProblem[]> {
  using restorer = new Restorer(parts);
  const deepest = [...targets].reverse();
  const folders = targets.filter(({ wanted }) => isFolder(wanted));
  for (const target of deepest) if (target.now !== undefined && !isFolder(target.now)) restorer.clear(target);
  for (const target of deepest) if (isFolder(target.now) && !isFolder(target.wanted)) restorer.removeFolder(target);
  for (const target of folders) restorer.makeFolder(target);
  for (const target of targets) {
    signal.throwIfAborted();
    if (target.wanted !== undefined && !isFolder(target.wanted)) await restorer.put(target, target.wanted);
  }
  restorer.relink(new Set(targets.filter(({ wanted }) => wanted !== undefined).map(({ path }) => path)));
  for (const target of [...folders].reverse()) restorer.setMode(target.path, (target.wanted?.mode ?? 0) & 0o7777);
  restorer.lockAgain(new Set(targets.map(({ path }) => path)));
  return restorer.problems;
}

function isFolder(entry: Entry | undefined): boolean {
  return entry !== undefined && typeOf(entry) === "directory";
}

class Restorer implements Disposable {
  readonly #parts: RestoreParts;
  readonly #anchor: Anchor;
  /** Folders that were given the right to be written, and what they had. */
  readonly #unlocked = new Map<ByteName, number>();
  readonly #failed = new Set<ByteName>();
  readonly problems: PathProblem[] = [];

  constructor(parts: RestoreParts) {
    this.#parts = parts;
    this.#anchor = new Anchor(parts.root);
  }

  /** Takes away a file that something else, or nothing, takes the place of. A file for a file is renamed over it. */
  clear({ path, now, wanted }: Target): void {
    if (wanted !== undefined && !isFolder(wanted) && !isFolder(now)) return;
    this.#attempt(path, (at) => {
      this.#checkUntouched(path, at);
      unlinkSync(at);
    });
  }

  removeFolder({ path }: Target): void {
    this.#attempt(path, (at) => rmdirSync(at));
    this.#anchor[Symbol.dispose]();
  }

  makeFolder({ path, now, wanted }: Target): void {
    if (isFolder(now) || this.#failed.has(path)) return;
    this.#makeParents(path);
    this.#attempt(path, (at) => mkdirSync(at, { mode: ((wanted?.mode ?? 0) & 0o777) | 0o700 }));
  }

  /** A folder that was there before and that nobody wants gone may be missing now. */
  #makeParents(path: ByteName): void {
    for (let slash = path.indexOf("/"); slash > 0; slash = path.indexOf("/", slash + 1)) {
      const at = this.#anchor.at(path.slice(0, slash));
      if (at !== undefined && look(at) === undefined) mkdirSync(at, { mode: 0o755 });
    }
  }

  async put({ path, now }: Target, wanted: Entry): Promise<void> {
    if (this.#failed.has(path)) return;
    if (now !== undefined && now.id === wanted.id && typeOf(now) === "file" && typeOf(wanted) === "file") {
      this.#attempt(path, (at) => {
        this.#checkUntouched(path, at);
        chmodSync(at, wanted.mode & 0o7777);
      });
      return;
    }
    const large = this.#parts.store.largeFile(wanted.id);
    if (large !== undefined && !(await this.#parts.store.isWhole(wanted.id))) {
      this.#fail(path, "its copy in the snapshot store is damaged");
      return;
    }
    this.#makeParents(path);
    this.#attempt(path, (at) => {
      if (!isFolder(now)) this.#checkUntouched(path, at);
      const slash = path.lastIndexOf("/") + 1;
      const beside = this.#anchor.at(`${path.slice(0, slash)}${TEMPORARY}${this.#parts.token}`);
      if (beside === undefined) throw new CodexError("file_error", "its folder is not there");
      remove(beside);
      this.#write(beside, wanted, large);
      renameSync(beside, at);
    });
  }

  #write(path: string | Buffer, wanted: Entry, large: string | undefined): void {
    if (typeOf(wanted) === "symlink") {
      symlinkSync(this.#parts.store.read("blob", wanted.id), path);
      return;
    }
    const linked = this.#parts.store.linked.find(wanted.id);
    if (linked !== undefined) linkSync(linked, path);
    else if (large !== undefined) copyFileSync(large, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    else writeFileSync(path, this.#parts.store.read("blob", wanted.id), { flag: "wx", mode: 0o600 });
    if (((look(path)?.mode ?? 0) & 0o7777) !== (wanted.mode & 0o7777)) chmodSync(path, wanted.mode & 0o7777);
  }

  /** What was one file under several names becomes one again, when each of them has the right content. */
  relink(written: ReadonlySet<ByteName>): void {
    for (const group of this.#parts.linked) {
      if (!group.some((path) => written.has(path))) continue;
      const [leader, ...others] = [...group].sort((a, b) => Number(written.has(a)) - Number(written.has(b)));
      if (leader === undefined) continue;
      for (const other of others) if (written.has(other)) this.#link(leader, other);
    }
  }

  #link(leader: ByteName, other: ByteName): void {
    const source = this.#anchor.at(leader);
    if (source === undefined || look(source)?.isFile() !== true) return;
    const slash = other.lastIndexOf("/") + 1;
    // the anchor holds one folder open: the source is named from the root
    const from = bytesOf(`${this.#parts.root}/${leader}`);
    this.#attempt(other, (at) => {
      const beside = this.#anchor.at(`${other.slice(0, slash)}${TEMPORARY}${this.#parts.token}`);
      const [mine, theirs] = [look(at), look(from)];
      const isSame = mine?.isFile() === true && theirs?.isFile() === true && mine.size === theirs.size;
      if (beside === undefined || !isSame || mine.mode !== theirs.mode || mine.ino === theirs.ino) return;
      remove(beside);
      linkSync(from, beside);
      renameSync(beside, at);
    });
  }

  setMode(path: ByteName, mode: number): void {
    if (!this.#failed.has(path)) this.#attempt(path, (at) => void (isRealFolder(at) && chmodSync(at, mode)));
  }

  /** Folders that are no target get back the mode that they had. */
  lockAgain(targets: ReadonlySet<ByteName>): void {
    for (const [path, mode] of this.#unlocked) if (!targets.has(path)) this.setMode(path, mode);
  }

  /** Somebody may have written since the plan was made. */
  #checkUntouched(path: ByteName, at: string | Buffer): void {
    const known = findState(this.#parts.current, path);
    const stats = look(at);
    const isAbsent = known === undefined && stats === undefined;
    const isStill = known instanceof Leaf && stats !== undefined && hasContentOf(known, stats);
    const wasFolder = known !== undefined && !(known instanceof Leaf) && stats === undefined;
    if (!isAbsent && !isStill && !wasFolder) throw new CodexError("file_error", "changed while files were put back");
  }

  #attempt(path: ByteName, work: (at: string | Buffer) => void): void {
    if (this.#failed.has(path)) return;
    try {
      this.#unlock(path);
      const at = this.#anchor.at(path);
      if (at === undefined) throw new CodexError("file_error", "its folder is not there, or a symlink is in its place");
      work(at);
    } catch (error) {
      const code = codeOf(error);
      if (code !== "ENOENT") this.#fail(path, code === "ENOTEMPTY" ? "it holds something else" : reasonOf(error));
    }
  }

  /** Gives the folder of a path the right to be changed, for the time being. */
  #unlock(path: ByteName): void {
    if (path === "") return;
    const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    if (this.#unlocked.has(folder)) return;
    const at = this.#anchor.at(folder);
    const stats = at === undefined ? undefined : look(at);
    if (at === undefined || stats?.isDirectory() !== true || (stats.mode & 0o300) === 0o300) return;
    this.#unlocked.set(folder, stats.mode & 0o7777);
    chmodSync(at, (stats.mode & 0o7777) | 0o300);
  }

  #fail(path: ByteName, reason: string): void {
    this.#failed.add(path);
    this.problems.push({ path, reason });
  }

  [Symbol.dispose](): void {
    this.#anchor[Symbol.dispose]();
  }
}

function look(path: string | Buffer): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** Without the time of the last change of status: it moves when another name of the same file goes. */
function hasContentOf({ stamp }: Leaf, stats: Stats): boolean {
  if (stamp === undefined) return true;
  return stamp.mtime === stats.mtimeMs && stamp.size === stats.size && stamp.ino === stats.ino;
}

function isRealFolder(path: string | Buffer): boolean {
  return look(path)?.isDirectory() === true;
}

function remove(path: string | Buffer): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

/** Without the path that the program used, which means nothing to a person. */
function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return code === "file_error" || code === undefined ? messageOf(error) : `the system said ${code}`;
}
