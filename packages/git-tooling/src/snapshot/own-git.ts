import { lstatSync } from "node:fs";
import { join } from "node:path";
import type { UndoProblem } from "@codex/protocol";
import type { Moment } from "./journal.js";
import type { ByteName } from "./tree.js";
import { bytesOf, displayPath } from "./tree.js";
import { isEmptyStandIn } from "./look.js";

/** Tells a root's own `.git`, which is never kept, from another one at its place. `undefined`: there is none. */
export function gitIdentity(root: ByteName): string | undefined {
  const path = `${root}/.git`;
  const stats = lstatSync(bytesOf(path), { throwIfNoEntry: false });
  if (stats === undefined || isEmptyStandIn(path, stats)) return undefined;
  return `${stats.ino} ${stats.birthtimeMs}`;
}

/** Each `.git` that was there before and is not the one there after: no undo brings it back, so it is named. */
export function lostGit(before: Moment, after: Moment): readonly UndoProblem[] {
  return before.flatMap(({ root, git }) => {
    if (git === undefined) return [];
    const later = after.find((state) => state.root === root);
    if (later === undefined || later.git === git) return [];
    const what = later.git === undefined ? "deleted" : "replaced";
    const path = join(displayPath(root), ".git");
    return [{ path, reason: `${what}, and a repository's own history is not kept` }];
  });
}

/** The same, unless something else has come to its place after the step. */
export function stillLost(before: Moment, after: Moment, now: Moment): readonly UndoProblem[] {
  const isAsLeft = after.every(({ root, git }) => now.find((state) => state.root === root)?.git === git);
  return isAsLeft ? lostGit(before, after) : [];
}
