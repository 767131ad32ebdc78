import { join } from "node:path";
import type {
  Clock,
  SessionId,
  Snapshots,
  SnapshotStep,
  UndoProblem,
  UndoReport,
  UndoRequest,
  UndoStep,
} from "@codex/protocol";
import { CodexError, messageOf } from "@codex/common";
import type { Moment } from "./journal.js";
import { isSameMoment, Journal, journalFolder } from "./journal.js";
import type { GitPlan } from "./own-git.js";
import { planGit } from "./own-git.js";
import { Patience } from "./patience.js";
import { restoreGit } from "./restore-git.js";
import { restoreTargets } from "./restore.js";
import type { Retention } from "./retention.js";
import { pruneDaily } from "./retention.js";
import { RootStore } from "./root-store.js";
import type { Limits } from "./limits.js";
import { LIMITS } from "./limits.js";
import type { RootPlan, Settled } from "./shown.js";
import { planFor, reasonIn, shownChanges, shownProblems, whyNone } from "./shown.js";
import { SpaceLimit } from "./space-limit.js";
import { Steps } from "./steps.js";
import type { ByteName } from "./tree.js";
import { byteName } from "./tree.js";
import { strangeWorkTrees } from "./work-tree.js";

export type SnapshotsOptions = {
  /** `$CODEX_HOME`, absolute and canonical. */
  readonly home: string;
  readonly session: SessionId;
  /** Absolute and canonical folders that are covered; none lies in another. */
  readonly roots: readonly string[];
  /** Absolute: never read, nor anything below. */
  readonly secrets: readonly string[];
  readonly retention: Retention;
  readonly clock: Clock;
  newId(): string;
  /** What went wrong, such as why there is no undo for the rest of the session, in one line. */
  onTrouble(message: string): void;
  readonly limits?: Partial<Limits>;
  /** Why nothing is to be kept. */
  readonly refusal?: string;
};

/** Snapshots of folders on this machine, below `$CODEX_HOME/snapshots`. No program is run for them, git neither. */
export function createSnapshots(options: SnapshotsOptions): Snapshots {
  return new FolderSnapshots(options);
}

class FolderSnapshots implements Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #life = new AbortController();
  #opened: Opened | undefined;
  /** The step that has begun and not been settled. */
  #open: string | undefined;
  #trouble: string | undefined;
  #is_warm = false;
  /** One look at a time. */
  #queue: Promise<unknown> = Promise.resolve();
  readonly #patience: Patience;
  readonly #space: SpaceLimit;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
    this.#patience = new Patience(options.limits?.wait_ms ?? LIMITS.wait_ms, (message) => options.onTrouble(message));
    this.#space = new SpaceLimit(options);
  }

  get #parts(): Opened {
    const { home, session, roots } = this.#options;
    this.#opened ??= {
      journal: new Journal(join(journalFolder(home), `${session}.jsonl`)),
      roots: roots.map((root) => this.#storeOf(byteName(root))),
      past: new Map(),
    };
    return this.#opened;
  }

  #storeOf(root: ByteName): RootStore {
    const { home, secrets, limits } = this.#options;
    return new RootStore(home, root, {
      skipped: new Set([byteName(home)]),
      secrets: new Set(secrets.map(byteName)),
      limits: { ...LIMITS, ...limits },
    });
  }

  /** What the steps were about: the session may have worked elsewhere, or the folder be gone. */
  get #concerned(): readonly RootStore[] {
    const { journal, roots, past } = this.#parts;
    const named = new Set(journal.steps.flatMap(({ before }) => before.map(({ root }) => root)));
    return [...named].map((root) => {
      const store = roots.find((other) => other.root === root) ?? past.get(root) ?? this.#storeOf(root);
      past.set(root, store);
      return store;
    });
  }

  warm(): void {
    if (this.#is_warm) return;
    this.#is_warm = true;
    void this.#keep(async () => {
      await goAfterRequests();
      await this.#lookBefore(this.#life.signal);
      for (const root of this.#parts.roots) root.save();
    }, this.#life.signal);
  }

  before(step: SnapshotStep, signal: AbortSignal): Promise<void> {
    const kept = this.#keep(async () => {
      const before = await this.#lookBefore(signal);
      this.#settle(before);
      const id = this.#options.newId();
      this.#parts.journal.begin({ ...step, id, at: new Date(this.#options.clock.now()).toISOString(), before });
      this.#open = id;
    }, signal);
    return this.#patience.wait(kept);
  }

  after(signal: AbortSignal): Promise<void> {
    return this.#keep(async () => {
      if (this.#open !== undefined) this.#settle(await this.#look(signal, this.#parts.roots));
    }, signal);
  }

  #settle(after: Moment): void {
    const { journal } = this.#parts;
    const open = journal.steps.find(({ id }) => id === this.#open);
    this.#open = undefined;
    if (open === undefined) return;
    if (isSameMoment(open.before, after)) journal.withdraw(open.id);
    else {
      journal.settle(open.id, after);
      this.#space.hold(this.#parts);
    }
  }

  get dropped(): number {
    return this.#parts.journal.dropped;
  }

  steps(signal: AbortSignal): Promise<readonly UndoStep[]> {
    return this.#alone(async () => {
      const steps = this.#steps(await this.#look(signal));
      return steps.all.map((record) => steps.shown(record));
    });
  }

  preview(request: UndoRequest, signal: AbortSignal): Promise<UndoReport> {
    return this.#alone(async () => (await this.#plan(request, signal)).report);
  }

  restore(request: UndoRequest, signal: AbortSignal): Promise<UndoReport> {
    return this.#alone(async () => {
      const { report, plans, git, records } = await this.#plan(request, signal);
      const problems: UndoProblem[] = [];
      const token = this.#options.session.slice(-12);
      for (const { store, plan, linked } of plans) {
        const parts = { root: store.root, store: store.objects, current: store.known, linked, token };
        problems.push(...shownProblems(store, await restoreTargets(plan.targets, parts, signal)));
        const target = git.targets.find(({ root }) => root === store.root);
        if (target === undefined) continue;
        const why = (path: string) => reasonIn(store.git.known, path);
        const missing = await restoreGit(target, { store: store.objects, token, why }, signal);
        problems.push(...shownProblems(store, missing));
      }
      this.#parts.journal.move(
        request.direction,
        records.map(({ id }) => id),
      );
      await this.#look(signal);
      const failed = new Set(problems.map(({ path }) => path));
      const changes = report.changes.filter(({ path }) => !failed.has(path));
      const strange = plans.flatMap(({ store, plan }) => strangeWorkTrees(store.root, store.objects, plan.targets));
      const not_covered = [...report.not_covered, ...strange];
      return { ...report, changes, conflicts: [...report.conflicts, ...problems], not_covered };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#open === undefined) this.#life.abort(new CodexError("internal", "the session has ended"));
    await this.after(this.#life.signal);
    this.#life.abort(new CodexError("internal", "the session has ended"));
    await this.#queue;
    if (this.#opened === undefined || this.#trouble !== undefined) return;
    try {
      for (const root of [...this.#parts.roots, ...this.#parts.past.values()]) root.save();
      pruneDaily(this.#options.home, this.#options.retention, this.#options.clock.now());
    } catch (error) {
      this.#options.onTrouble(`old snapshots could not be cleared away: ${messageOf(error)}`);
    }
  }

  async #look(signal: AbortSignal, roots = this.#concerned): Promise<Moment> {
    const moment: Moment[number][] = [];
    for (const root of roots) moment.push(await root.look(signal));
    return moment;
  }

  /** With what a step could take away and no later look would find. */
  async #lookBefore(signal: AbortSignal): Promise<Moment> {
    const { refusal } = this.#options;
    if (refusal !== undefined) throw new CodexError("bad_request", refusal);
    const moment: Moment[number][] = [];
    const { roots } = this.#parts;
    for (const [index, state] of (await this.#look(signal, roots)).entries()) {
      moment.push({ ...state, ...(await roots[index]?.git.keep(signal)) });
    }
    return moment;
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /** No step fails because it could not be kept. */
  async #keep(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    if (this.#trouble !== undefined) return;
    await this.#alone(async () => {
      if (this.#trouble !== undefined) return;
      try {
        await work();
      } catch (error) {
        // somebody stopped waiting: nothing is wrong
        if (signal.aborted) return;
        this.#trouble = messageOf(error);
        this.#options.onTrouble(`undo is off for this session: ${this.#trouble}`);
        this.#forgetOpen();
      }
    });
  }

  /** A step whose end was never seen would take along whatever came after it. */
  #forgetOpen(): void {
    const open = this.#open;
    this.#open = undefined;
    try {
      if (open !== undefined) this.#parts.journal.withdraw(open);
    } catch (error) {
      this.#options.onTrouble(`the last step of undo could not be taken out: ${messageOf(error)}`);
    }
  }

  #steps(now: Moment): Steps {
    return new Steps(this.#parts.journal, this.#concerned, now);
  }

  async #plan(request: UndoRequest, signal: AbortSignal): Promise<Planned> {
    if (this.#trouble !== undefined) throw new CodexError("bad_request", `undo is off: ${this.#trouble}`);
    const now = await this.#look(signal);
    const steps = this.#steps(now);
    const records = steps.chosen(request);
    if (records.length === 0)
      throw new CodexError("bad_request", whyNone(request, steps.all.length, this.#options.refusal));
    const plans = this.#concerned.map((store) => planFor(store, records, request));
    const git = planGit(records, now, request);
    const report: UndoReport = {
      direction: request.direction,
      steps: records.map((record) => steps.shown(record)),
      changes: [...git.changes, ...plans.flatMap(shownChanges)].sort((a, b) => (a.path < b.path ? -1 : 1)),
      conflicts: [...git.conflicts, ...plans.flatMap(({ store, plan }) => shownProblems(store, plan.conflicts))],
      not_covered: [...git.not_covered, ...plans.flatMap(({ store, plan }) => shownProblems(store, plan.not_covered))],
    };
    return { report, plans, git, records };
  }
}

type Opened = {
  readonly journal: Journal;
  /** That are looked at before and after each step. */
  readonly roots: readonly RootStore[];
  /** Others, by root. */
  readonly past: Map<ByteName, RootStore>;
};

type Planned = {
  readonly report: UndoReport;
  readonly plans: readonly RootPlan[];
  readonly git: GitPlan;
  readonly records: readonly Settled[];
};

/** A request that was just begun goes out within two rounds of the event loop; looking keeps this thread busy. */
async function goAfterRequests(): Promise<void> {
  for (let round = 0; round < 2; round += 1) await new Promise((resolve) => setImmediate(resolve));
}
