import type { UndoChange, UndoProblem, UndoRequest } from "@codex/protocol";
import type { Moment, RootState, StepRecord } from "./journal.js";
import { countFiles, look } from "./look.js";
import type { ByteName, Entry } from "./tree.js";
import { displayPath } from "./tree.js";

/** What a folder needs to be a repository to git. */
const NEEDED = ["HEAD", "objects", "refs"];

/** Tells a root's own `.git` from another one at its place. `undefined`: there is none, or only what is left of one. */
export function gitIdentity(root: ByteName): string | undefined {
  const path = `${root}/.git`;
  const stats = look(path);
  if (stats === undefined) return undefined;
  if (stats.isDirectory() && NEEDED.some((name) => look(`${path}/${name}`) === undefined)) return undefined;
  return `${stats.ino} ${stats.birthtimeMs}`;
}

/** What stands where a `.git` is to come: at most folders with nothing in them, or more. */
function placeOf(root: ByteName): "free" | "taken" {
  const stats = look(`${root}/.git`);
  if (stats === undefined) return "free";
  return stats.isDirectory() && countFiles(`${root}/.git`, 0) === 0 ? "free" : "taken";
}

type Span = Pick<StepRecord, "at"> & { readonly before: Moment; readonly after: Moment };

/** A `.git` that was there before a step and is not the one there after. */
type LostGit = {
  readonly was: RootState;
  /** ISO 8601: when it was seen last. */
  readonly at: string;
  /** What took its place. */
  readonly later: string | undefined;
};

export function lostGit({ before, after, at }: Span): readonly LostGit[] {
  return before.flatMap((was) => {
    const later = after.find(({ root }) => root === was.root);
    return was.git === undefined || later === undefined || later.git === was.git ? [] : [{ was, at, later: later.git }];
  });
}

/** Those of which nothing was kept: no undo brings them back, so they are named. */
export function unkeptGit(lost: readonly LostGit[]): readonly UndoProblem[] {
  return lost.filter(({ was }) => was.kept === undefined).map(unkept);
}

function unkept({ was, later }: LostGit): UndoProblem {
  const why = was.unkept === undefined ? "" : `: ${was.unkept}`;
  const what = later === undefined ? "deleted" : "replaced";
  return { path: gitPath(was.root), reason: `${what}, and nothing of it was kept${why}` };
}

function gitPath(root: ByteName): string {
  return displayPath(`${root}/.git`);
}

/** A `.git` that is to be put where none is. */
export type GitTarget = {
  readonly root: ByteName;
  /** The name below the root that what stands there gets. */
  readonly aside?: ByteName;
  /** A tree with the one entry `.git`. */
  readonly kept: Entry;
  /** ISO 8601. */
  readonly at: string;
};

export type GitPlan = {
  readonly targets: readonly GitTarget[];
  readonly changes: readonly UndoChange[];
  readonly conflicts: readonly UndoProblem[];
  readonly not_covered: readonly UndoProblem[];
};

/** What becomes of each root's `.git`, if none is there now. `records` in the order in which they are taken. */
export function planGit(records: readonly Span[], now: Moment, request: UndoRequest): GitPlan {
  const plan = { targets: [], changes: [], conflicts: [], not_covered: [] } as const;
  return now.map((state) => planOne(records, state, request)).reduce(joined, plan);
}

function planOne(records: readonly Span[], { root, git }: RootState, request: UndoRequest): Partial<GitPlan> {
  const { direction, force } = request;
  const path = gitPath(root);
  const lost = records.flatMap(lostGit).filter(({ was }) => was.root === root);
  const aim = lost.at(-1);
  if (aim === undefined) return {};
  if (direction === "redo") {
    return git === undefined ? {} : { not_covered: [{ path, reason: "stays: redo removes no repository" }] };
  }
  const left = records[0]?.after.find((state) => state.root === root)?.git;
  // what stands since the steps may be the person's own remedy
  if (git !== left && git !== undefined) return {};
  const { kept } = aim.was;
  if (kept === undefined) return { not_covered: [unkept(aim)] };
  const target = { root, kept, at: aim.at };
  const added = { path, change: "A", kind: "directory", bytes: 0 } as const;
  if (git === undefined && placeOf(root) === "free") return { targets: [target], changes: [added] };
  const aside = freeName(root);
  if (force === true) {
    const moved = { ...added, path: displayPath(`${root}/${aside}`) };
    return { targets: [{ ...target, aside }], changes: [added, moved] };
  }
  const what = git === undefined ? "what the step left of it" : "another repository";
  return { conflicts: [{ path, reason: `${what} is in its place; force renames that to ${aside}` }] };
}

function freeName(root: ByteName): ByteName {
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? ".git.before-undo" : `.git.before-undo-${count}`;
    if (look(`${root}/${name}`) === undefined) return name;
  }
}

function joined(left: GitPlan, right: Partial<GitPlan>): GitPlan {
  return {
    targets: [...left.targets, ...(right.targets ?? [])],
    changes: [...left.changes, ...(right.changes ?? [])],
    conflicts: [...left.conflicts, ...(right.conflicts ?? [])],
    not_covered: [...left.not_covered, ...(right.not_covered ?? [])],
  };
}
