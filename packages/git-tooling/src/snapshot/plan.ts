import type { PathChange } from "./tree-diff.js";
import { isSameEntry } from "./tree-diff.js";
import type { ByteName, Entry } from "./tree.js";
import { typeOf } from "./tree.js";

/** What is to be made of one path, and what was there when this was decided. */
export type Target = {
  readonly path: ByteName;
  readonly now: Entry | undefined;
  readonly wanted: Entry | undefined;
};

export type PathProblem = { readonly path: ByteName; readonly reason: string };

export type Plan = {
  readonly targets: readonly Target[];
  readonly conflicts: readonly PathProblem[];
  readonly not_covered: readonly PathProblem[];
};

export type PlanRequest = {
  /** Each step as changes from what it is expected to have left (`before`) to what is wanted (`after`), in order. */
  readonly steps: readonly Iterable<PathChange>[];
  readonly current: (path: ByteName) => Entry | undefined;
  readonly force: "no" | "yes";
  /** Why a path is not held; for people. */
  readonly why: (path: ByteName) => string;
};

/**
 * Takes one step after the other and asks of each path: is it as the step left it? Then it becomes as wanted. Is it as
 * wanted already? Then nothing is to be done, which makes a plan that was cut short good to be made again. Anything
 * else was changed by somebody: a conflict, and the path stays as it is for all further steps.
 */
export function planSteps({ steps, current, force, why }: PlanRequest): Plan {
  const state = new Map<ByteName, Entry | undefined>();
  const conflicts = new Map<ByteName, string>();
  const not_covered = new Map<ByteName, string>();
  const stateOf = (path: ByteName): Entry | undefined => (state.has(path) ? state.get(path) : current(path));
  for (const { path, before: expected, after: wanted } of steps.flatMap((step) => [...step])) {
    if (conflicts.has(path) || not_covered.has(path)) continue;
    const now = stateOf(path);
    if (isSameEntry(now, wanted)) continue;
    if (isHidden(wanted) || isHidden(now)) not_covered.set(path, why(path));
    else if (force === "yes" || isSameEntry(now, expected)) state.set(path, wanted);
    else conflicts.set(path, reasonFor(now, expected));
  }
  const targets = [...state].flatMap(([path, wanted]) => {
    const now = current(path);
    return isSameEntry(now, wanted) ? [] : [{ path, now, wanted }];
  });
  targets.sort((left, right) => (left.path < right.path ? -1 : 1));
  return { targets, conflicts: listed(conflicts), not_covered: listed(not_covered) };
}

function isHidden(entry: Entry | undefined): boolean {
  return entry !== undefined && typeOf(entry) === "not_covered";
}

function reasonFor(now: Entry | undefined, expected: Entry | undefined): string {
  if (now === undefined) return "deleted since";
  return expected === undefined ? "made again since" : "changed since";
}

function listed(problems: ReadonlyMap<ByteName, string>): readonly PathProblem[] {
  return [...problems].map(([path, reason]) => ({ path, reason })).sort((a, b) => (a.path < b.path ? -1 : 1));
}
