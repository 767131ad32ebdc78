import type { Stats } from "node:fs";
import type { ByteName, Entry } from "./tree.js";
import { TYPE } from "./tree.js";

/** Why something is not held. */
export type Reason =
  | "too large"
  | "too much at once"
  | "secret"
  | "rebuilt by its tool"
  | "not a file"
  | "unreadable"
  | "another file system";

/** What tells whether a file is still the one that was read. Times in milliseconds. */
export type Stamp = {
  readonly size: number;
  readonly mtime: number;
  readonly ctime: number;
  readonly ino: number;
};

export type LeafFacts = {
  readonly stamp?: Stamp | undefined;
  readonly links?: number;
  readonly reason?: Reason;
  readonly held?: "linked";
};

/** A file, a symlink, or something that is not held, as it was last seen. */
export class Leaf {
  readonly mode: number;
  readonly id: string;
  /** Absent: it is to be read again, since it may have changed within the clock's grain. */
  readonly stamp: Stamp | undefined;
  readonly links: number;
  readonly reason: Reason | undefined;
  /** `linked`: its content never changes, so it was given a second name instead of being read. */
  readonly held: "linked" | undefined;

  constructor(entry: Entry, facts: LeafFacts) {
    this.mode = entry.mode;
    this.id = entry.id;
    this.stamp = facts.stamp;
    this.links = facts.links ?? 1;
    this.reason = facts.reason;
    this.held = facts.held;
  }

  isStill(stats: Stats): boolean {
    const { stamp } = this;
    return (
      stamp !== undefined &&
      stamp.ctime === stats.ctimeMs &&
      stamp.mtime === stats.mtimeMs &&
      stamp.size === stats.size &&
      stamp.ino === stats.ino
    );
  }
}

/** A directory and what was in it. */
export class Folder {
  readonly mode: number;
  /** Milliseconds; names need not be read again while it stands. NaN: they do. */
  readonly mtime: number;
  readonly id: string;
  readonly entries: ReadonlyMap<ByteName, Folder | Leaf>;
  /** Files and symlinks below. */
  readonly files: number;

  constructor(entry: Entry, facts: Pick<Folder, "mtime" | "entries">) {
    this.mode = entry.mode;
    this.id = entry.id;
    this.mtime = facts.mtime;
    this.entries = facts.entries;
    let files = 0;
    for (const inner of facts.entries.values()) files += inner instanceof Folder ? inner.files : 1;
    this.files = files;
  }
}

export function stampOf(stats: Stats): Stamp {
  return { size: stats.size, mtime: stats.mtimeMs, ctime: stats.ctimeMs, ino: stats.ino };
}

/** What stands at a path of `/`-separated names below a folder. */
export function findState(folder: Folder | undefined, path: ByteName): Folder | Leaf | undefined {
  let at: Folder | Leaf | undefined = folder;
  if (path === "") return folder;
  for (const name of path.split("/")) {
    if (!(at instanceof Folder)) return undefined;
    at = at.entries.get(name);
  }
  return at;
}

type StoredLeaf = readonly [ByteName, number, string, number, readonly number[], (Reason | "linked")?];
type StoredFolder = readonly [ByteName, number, string, number, readonly (StoredFolder | StoredLeaf)[]];

/** For the file that the next session begins with. */
export function freeze(folder: Folder): unknown {
  const store = (name: ByteName, state: Folder | Leaf): StoredFolder | StoredLeaf => {
    if (state instanceof Folder) {
      const inner = [...state.entries].map(([key, value]) => store(key, value));
      return [name, state.mode, state.id, Number.isNaN(state.mtime) ? -1 : state.mtime, inner];
    }
    const { stamp } = state;
    const times = stamp === undefined ? [] : [stamp.size, stamp.mtime, stamp.ctime, stamp.ino];
    const more = state.reason ?? state.held;
    return more === undefined
      ? [name, state.mode, state.id, state.links, times]
      : [name, state.mode, state.id, state.links, times, more];
  };
  return store("", folder);
}

/** `undefined`: it is none of ours, or torn. What is wrong inside is read again from the disk. */
export function thaw(value: unknown): Folder | undefined {
  const state = thawOne(value)?.[1];
  return state instanceof Folder ? state : undefined;
}

function thawOne(value: unknown): readonly [ByteName, Folder | Leaf] | undefined {
  if (!Array.isArray(value)) return undefined;
  const fields: readonly unknown[] = value;
  const [name, mode, id, number, list, more] = fields;
  if (typeof name !== "string" || typeof mode !== "number" || typeof id !== "string") return undefined;
  if (typeof number !== "number" || !Array.isArray(list)) return undefined;
  const items: readonly unknown[] = list;
  if ((mode & TYPE.mask) === TYPE.directory) {
    const entries = new Map(
      items.flatMap((item) => {
        const inner = thawOne(item);
        return inner === undefined ? [] : [inner];
      }),
    );
    const isWhole = entries.size === items.length;
    return [name, new Folder({ mode, id }, { mtime: number < 0 || !isWhole ? NaN : number, entries })];
  }
  const [size, mtime, ctime, ino] = items.map(Number);
  const isKnown = size !== undefined && mtime !== undefined && ctime !== undefined && ino !== undefined;
  const stamp = isKnown ? { size, mtime, ctime, ino } : undefined;
  const facts = isReason(more) ? { reason: more } : more === "linked" ? ({ held: more } as const) : {};
  return [name, new Leaf({ mode, id }, { stamp, links: number, ...facts })];
}

const REASONS: readonly string[] = [
  "too large",
  "too much at once",
  "secret",
  "rebuilt by its tool",
  "not a file",
  "unreadable",
  "another file system",
] satisfies readonly Reason[];

function isReason(value: unknown): value is Reason {
  return typeof value === "string" && REASONS.includes(value);
}
