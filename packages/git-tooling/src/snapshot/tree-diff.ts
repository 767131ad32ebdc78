import type { ObjectStore } from "./object-store.js";
import type { ByteName, Entry } from "./tree.js";
import { decodeTree, typeOf } from "./tree.js";

/** One path that is not the same on both sides. Of a directory only its being there and its mode count. */
export type PathChange = {
  readonly path: ByteName;
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
};

/** Every difference between two trees, parents before what is in them. Equal parts are not looked at. */
export function* diffTrees(
  store: ObjectStore,
  before: Entry | undefined,
  after: Entry | undefined,
): Generator<PathChange> {
  yield* diffEntry(store, "", before, after);
}

function* diffEntry(
  store: ObjectStore,
  path: ByteName,
  before: Entry | undefined,
  after: Entry | undefined,
): Generator<PathChange> {
  if (isSameEntry(before, after) && before?.id === after?.id) return;
  if (!isSameEntry(before, after)) yield { path, before, after };
  const [left, right] = [entriesOf(store, before), entriesOf(store, after)];
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    yield* diffEntry(store, path === "" ? name : `${path}/${name}`, left.get(name), right.get(name));
  }
}

function entriesOf(store: ObjectStore, entry: Entry | undefined): ReadonlyMap<ByteName, Entry> {
  return entry !== undefined && typeOf(entry) === "directory" ? decodeTree(store.read("tree", entry.id)) : new Map();
}

/** The same to somebody who looks at this path alone. */
export function isSameEntry(left: Entry | undefined, right: Entry | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return left.mode === right.mode && (typeOf(left) === "directory" || left.id === right.id);
}
