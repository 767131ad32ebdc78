import type { UndoChange, UndoProblem, UndoRequest } from "@codex/protocol";
import type { Folder, Reason } from "./folder-state.js";
import { findState, Leaf } from "./folder-state.js";
import type { Moment, StepRecord } from "./journal.js";
import type { Plan, Target } from "./plan.js";
import { planSteps } from "./plan.js";
import type { RootStore } from "./root-store.js";
import type { PathChange } from "./tree-diff.js";
import { diffTrees } from "./tree-diff.js";
import type { ByteName } from "./tree.js";
import { displayPath, typeOf } from "./tree.js";

/** A step that is over. */
export type Settled = StepRecord & { readonly after: Moment };
export type RootPlan = { readonly store: RootStore; readonly plan: Plan; readonly linked: Moment[number]["linked"] };
export function planFor(store: RootStore, records: readonly Settled[], request: UndoRequest): RootPlan {
  const isUndo = request.direction === "undo";
  const steps = records.map((record) => {
    const changes = changesIn(store, record);
    return isUndo ? [...changes].map(({ path, before, after }) => ({ path, before: after, after: before })) : changes;
  });
  const plan = planSteps({
    steps,
    force: request.force === true ? "yes" : "no",
    current: (path) => findState(store.known, path),
    why: (path) => reasonIn(store.known, path) ?? "it was not covered before",
  });
  const last = records.at(-1);
  const aim = (isUndo ? last?.before : last?.after)?.find(({ root }) => root === store.root);
  return { store, plan, linked: aim?.linked ?? [] };
}

/** Why what stands at a path is not held. */
export function reasonIn(known: Folder | undefined, path: ByteName): Reason | undefined {
  const state = findState(known, path);
  return state instanceof Leaf ? state.reason : undefined;
}

export function* changesIn(
  store: RootStore,
  { before, after }: Pick<Settled, "before" | "after">,
): Generator<PathChange> {
  const at = (moment: Moment) => moment.find(({ root }) => root === store.root);
  const [left, right] = [at(before), at(after)];
  // a root that the session had no part in then
  if (left === undefined || right === undefined) return;
  yield* diffTrees(store.objects, left.tree, right.tree);
}

export function kindOf({ before, after }: PathChange): "added" | "modified" | "deleted" {
  if (before === undefined) return "added";
  return after === undefined ? "deleted" : "modified";
}

export function shownChanges({ store, plan }: RootPlan): readonly UndoChange[] {
  return plan.targets.map((target) => shownTarget(store, target));
}

function shownTarget({ root, objects }: RootStore, { path, now, wanted }: Target): UndoChange {
  const type = typeOf(wanted ?? now ?? { mode: 0, id: "" });
  const kind = type === "not_covered" ? "file" : type;
  const change = now === undefined ? "A" : wanted === undefined ? "D" : "M";
  const bytes = wanted === undefined || kind === "directory" ? 0 : objects.sizeOf(wanted.id);
  return { path: fullPath(root, path), change, kind, bytes };
}

export function shownProblems({ root }: RootStore, problems: Plan["conflicts"]): readonly UndoProblem[] {
  return problems.map(({ path, reason }) => ({ path: fullPath(root, path), reason }));
}

function fullPath(root: string, path: string): string {
  return displayPath(path === "" ? root : `${root}/${path}`);
}

/** Why there is nothing to undo or redo. `steps`: how many there are, undone or not. */
export function whyNone({ direction }: UndoRequest, steps: number, refusal: string | undefined): string {
  const undone = steps === 1 ? "the only one is undone already" : `all ${steps} are undone already`;
  const why =
    direction === "redo" ? "none is undone" : steps > 0 ? undone : (refusal ?? "this session has changed no file");
  return `there is no step to ${direction}: ${why}`;
}
