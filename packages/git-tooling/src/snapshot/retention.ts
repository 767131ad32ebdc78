import { existsSync, mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Journal, Moment } from "./journal.js";
import { journalFolder, momentsOf } from "./journal.js";
import { readKnown } from "./known.js";
import { namesIn } from "./look.js";
import { ObjectStore } from "./object-store.js";
import { GIT_STATE, STATE, storeFolder } from "./root-store.js";
import type { Entry } from "./tree.js";
import { decodeTree, typeOf } from "./tree.js";

export type Retention = {
  /** Sessions that nobody has worked in for this long lose their undo. */
  readonly keep_days: number;
  /** Of all that is kept for one folder; the oldest sessions go first. */
  readonly max_bytes: number;
};

const DAY = 86_400_000;

/** At most once a day. `now` in milliseconds. */
export function pruneDaily(home: string, retention: Retention, now: number): void {
  const stamp = join(home, "snapshots", "pruned");
  if (existsSync(stamp) && now - statSync(stamp).mtimeMs < DAY) return;
  mkdirSync(join(home, "snapshots"), { recursive: true, mode: 0o700 });
  writeFileSync(stamp, "", { mode: 0o600 });
  utimesSync(stamp, now / 1000, now / 1000);
  prune(home, retention, now);
}

/** Forgets old sessions, then whatever no session needs any more. */
export function prune(home: string, { keep_days, max_bytes }: Retention, now: number): void {
  const journals = new Map(journalsOf(home).map((path) => [path, [...momentsOf(path)]]));
  for (const path of [...journals.keys()]) {
    if (statSync(path).mtimeMs >= now - keep_days * DAY) continue;
    rmSync(path, { force: true });
    journals.delete(path);
  }
  for (const folder of foldersIn(join(home, "snapshots", "stores"))) {
    const store = new ObjectStore(folder);
    for (;;) {
      const moments = [...journals.values()].flat();
      // a repository that is gone would be held by it for ever
      if (!touches(moments, home, folder)) rmSync(join(folder, GIT_STATE), { force: true });
      store.prune(liveObjects(home, store, moments), now - DAY);
      const oldest = [...journals].find(([, own]) => touches(own, home, folder) && journals.size > 1);
      if (store.bytes <= max_bytes || oldest === undefined) break;
      rmSync(oldest[0], { force: true });
      journals.delete(oldest[0]);
    }
  }
}

/** Milliseconds without a line in its journal after which a session counts as left. */
const LEFT = 10 * 60_000;

/**
 * Holds what is kept for one folder below `max_bytes` while a session goes on: sessions that were left go first, the
 * oldest of them before others, then the oldest steps of `own`, down to the last one. Returns the bytes that remain.
 */
export function trim(home: string, store: ObjectStore, own: Journal, { max_bytes, now }: TrimRequest): number {
  for (;;) {
    const journals = journalsOf(home);
    const moments = journals.flatMap((path) => [...momentsOf(path)]);
    store.prune(liveObjects(home, store, moments), now - LEFT);
    const { bytes } = store;
    if (bytes <= max_bytes) return bytes;
    const left = journals.find(
      (path) =>
        path !== own.path && statSync(path).mtimeMs < now - LEFT && touches([...momentsOf(path)], home, store.folder),
    );
    if (left !== undefined) rmSync(left, { force: true });
    else if (own.steps.length > 1) own.drop(Math.min(own.steps.length - 1, Math.ceil(own.steps.length / 4)));
    else return bytes;
  }
}

export type TrimRequest = {
  readonly max_bytes: number;
  /** Milliseconds. */
  readonly now: number;
};

/** Least recently written first. */
function journalsOf(home: string): readonly string[] {
  const folder = journalFolder(home);
  const paths = namesIn(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .map((name) => join(folder, name));
  return paths.sort((left, right) => statSync(left).mtimeMs - statSync(right).mtimeMs);
}

function foldersIn(folder: string): readonly string[] {
  return namesIn(folder).map((name) => join(folder, name));
}

function touches(moments: readonly Moment[], home: string, folder: string): boolean {
  return moments.some((moment) => moment.some(({ root }) => storeFolder(home, root) === folder));
}

/** What the sessions of a folder need, and what is remembered of it for the next one. */
function liveObjects(home: string, store: ObjectStore, moments: readonly Moment[]): ReadonlySet<string> {
  const live = new Set<string>();
  const roots = moments.flat().filter(({ root }) => storeFolder(home, root) === store.folder);
  const known = [STATE, GIT_STATE].map((name) => readKnown(join(store.folder, name)));
  for (const entry of [...roots.flatMap(({ tree, kept }) => [tree, kept]), ...known]) {
    if (entry !== undefined) mark(store, entry, live);
  }
  return live;
}

function mark(store: ObjectStore, entry: Entry, live: Set<string>): void {
  if (typeOf(entry) === "not_covered" || live.has(entry.id)) return;
  live.add(entry.id);
  if (typeOf(entry) !== "directory" || !store.has(entry.id)) return;
  for (const inner of decodeTree(store.read("tree", entry.id)).values()) mark(store, inner, live);
}
