import type { UndoRequest, UndoStep } from "@codex/protocol";
import type { Journal, Moment } from "./journal.js";
import { lostGit, unkeptGit } from "./own-git.js";
import type { RootStore } from "./root-store.js";
import type { Settled } from "./shown.js";
import { changesIn, kindOf } from "./shown.js";
import type { PathChange } from "./tree-diff.js";

/** The steps of a session, as they stand at a moment. */
export class Steps {
  readonly #journal: Journal;
  readonly #stores: readonly RootStore[];
  /** Those that changed something, oldest first. */
  readonly all: readonly Settled[];

  constructor(journal: Journal, stores: readonly RootStore[], now: Moment) {
    this.#journal = journal;
    this.#stores = stores;
    const { steps } = journal;
    // one that was cut short ends where the next one began, or now
    const whole = steps.map((step, index) => ({ ...step, after: step.after ?? steps[index + 1]?.before ?? now }));
    this.all = whole.filter((record) => this.#isStep(record));
  }

  /** What is to be taken back, or made again, in that order. */
  chosen({ direction, steps }: UndoRequest): readonly Settled[] {
    if (direction === "undo") return newest(this.all, steps, ({ state }) => state === "done");
    return newest(this.#journal.undone, steps).flatMap((id) => this.all.filter((record) => record.id === id));
  }

  shown({ id, turn_id, step, at, state, ...record }: Settled): UndoStep {
    const counts = { added: 0, modified: 0, deleted: 0 };
    for (const change of this.#changes(record)) counts[kindOf(change)] += 1;
    const lost = lostGit({ ...record, at });
    for (const { was, later } of lost) {
      if (was.kept !== undefined) counts[later === undefined ? "deleted" : "modified"] += 1;
    }
    const not_covered = unkeptGit(lost);
    return { id, turn_id, step, at, state, ...counts, ...(not_covered.length === 0 ? {} : { not_covered }) };
  }

  #isStep(record: Settled): boolean {
    return this.#changes(record).next().done !== true || lostGit(record).length > 0;
  }

  *#changes(step: Pick<Settled, "before" | "after">): Generator<PathChange> {
    for (const store of this.#stores) yield* changesIn(store, step);
  }
}

/** The last so many of a list, the last one first. */
function newest<T>(list: readonly T[], count: number, counts: (item: T) => boolean = () => true): readonly T[] {
  const all = list.filter(counts);
  return all.slice(Math.max(0, all.length - count)).reverse();
}
