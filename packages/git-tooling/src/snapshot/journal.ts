import {
  appendFileSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { SnapshotStep, UndoRequest } from "@codex/protocol";
import { turnId } from "@codex/protocol";
import { codeOf } from "@codex/common";
import type { ByteName, Entry } from "./tree.js";

/** One root at one moment. */
export type RootState = {
  readonly root: ByteName;
  /** `undefined`: the root was not there. */
  readonly tree: Entry | undefined;
  /** Paths that were one file, by groups. */
  readonly linked: readonly (readonly ByteName[])[];
  /** Which `.git` stood in it; absent: none. */
  readonly git?: string;
  /** What is kept of that: a tree with the one entry `.git`. */
  readonly kept?: Entry;
  /** Why nothing is. */
  readonly unkept?: string;
};

export type Moment = readonly RootState[];

/** A step as the journal has it. */
export type StepRecord = SnapshotStep & {
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  readonly before: Moment;
  /** `undefined`: it was cut short. */
  readonly after: Moment | undefined;
  readonly state: "done" | "undone";
};

/** No file differs, nor does which `.git` stands there. */
export function isSameMoment(left: Moment, right: Moment): boolean {
  const facts = (moment: Moment): string =>
    JSON.stringify(moment.map(({ root, tree, git }) => [root, tree?.mode, tree?.id, git]));
  return facts(left) === facts(right);
}

export function journalFolder(home: string): string {
  return join(home, "snapshots", "sessions");
}

/** What a session has changed and taken back: lines that are only ever added, so nothing is lost by an undo. */
export class Journal {
  /** Absolute. */
  readonly path: string;
  readonly #steps = new Map<string, StepRecord>();
  /** Undone steps in the order in which they were. */
  #undone: string[] = [];
  #dropped = 0;
  /** Where the line of the step that was begun last starts, in bytes. */
  #last_begun = 0;

  constructor(path: string) {
    this.path = path;
    for (const line of readLines(path)) this.#take(line);
  }

  /** Oldest first. */
  get steps(): readonly StepRecord[] {
    return [...this.#steps.values()];
  }

  /** The one that was undone last stands last. */
  get undone(): readonly string[] {
    return this.#undone;
  }

  /** Steps that had to go for the space they took. */
  get dropped(): number {
    return this.#dropped;
  }

  begin(record: Omit<StepRecord, "after" | "state">): void {
    this.#last_begun = statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
    this.#write({ type: "before", ...record });
  }

  /** The step that was begun last has changed nothing: as if it had never been. */
  withdraw(id: string): void {
    this.#steps.delete(id);
    if (this.#last_begun === 0) rmSync(this.path, { force: true });
    else truncateSync(this.path, this.#last_begun);
  }

  /** Forgets the oldest steps for good. */
  drop(count: number): void {
    this.#write({ type: "dropped", steps: [...this.#steps.keys()].slice(0, count) });
  }

  settle(id: string, after: Moment): void {
    this.#write({ type: "after", id, after });
  }

  move(direction: UndoRequest["direction"], steps: readonly string[]): void {
    this.#write({ type: "moved", direction, steps });
  }

  #write(line: Readonly<Record<string, unknown>>): void {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    // what a writer that died left of its line must not swallow this one
    appendFileSync(this.path, `${isTorn(this.path) ? "\n" : ""}${JSON.stringify(line)}\n`, { mode: 0o600 });
    this.#take(line);
  }

  #take(line: Readonly<Record<string, unknown>>): void {
    const { type, id } = line;
    if (type === "before" && typeof id === "string") {
      const step = decodeStep(id, line);
      if (step !== undefined) this.#steps.set(id, step);
    } else if (type === "after" && typeof id === "string") {
      const step = this.#steps.get(id);
      if (step !== undefined) this.#steps.set(id, { ...step, after: decodeMoment(line["after"]) });
    } else if (type === "dropped") {
      const ids = texts(line["steps"]);
      for (const gone of ids) if (this.#steps.delete(gone)) this.#dropped += 1;
      this.#undone = this.#undone.filter((other) => !ids.includes(other));
    } else if (type === "moved") {
      this.#move(line["direction"] === "undo" ? "undone" : "done", texts(line["steps"]));
    }
  }

  #move(state: StepRecord["state"], ids: readonly string[]): void {
    for (const id of ids) {
      const step = this.#steps.get(id);
      if (step !== undefined) this.#steps.set(id, { ...step, state });
    }
    this.#undone = this.#undone.filter((id) => !ids.includes(id));
    if (state === "undone") this.#undone.push(...ids);
  }
}

function isTorn(path: string): boolean {
  if (!existsSync(path)) return false;
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const last = Buffer.alloc(1);
    return size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
  } finally {
    closeSync(file);
  }
}

/** Objects of a file of JSON lines; torn ones are left out. */
export function* readLines(path: string): Generator<Readonly<Record<string, unknown>>> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  for (const line of text.split("\n")) {
    const value = parse(line);
    if (isFields(value)) yield value;
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // cut off when its writer died
    return undefined;
  }
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function decodeStep(id: string, line: Readonly<Record<string, unknown>>): StepRecord | undefined {
  const { turn_id, step, at } = line;
  if (typeof turn_id !== "string" || typeof step !== "number" || typeof at !== "string") return undefined;
  return {
    id,
    turn_id: turnId(turn_id),
    step,
    at,
    before: decodeMoment(line["before"]),
    after: undefined,
    state: "done",
  };
}

/** Every moment in a file: whose objects are still needed. */
export function* momentsOf(path: string): Generator<Moment> {
  const { steps } = new Journal(path);
  for (const [index, { before, after }] of steps.entries()) {
    const next = after ?? steps[index + 1]?.before;
    // a `.git` that is still there is kept as it was last
    yield next === undefined || index === steps.length - 1 ? before : before.map((state) => neededIn(state, next));
    if (after !== undefined) yield after;
  }
}

function neededIn({ kept, ...state }: RootState, next: Moment): RootState {
  const isThere = next.find(({ root }) => root === state.root)?.git === state.git;
  return isThere || kept === undefined ? state : { ...state, kept };
}

function decodeMoment(value: unknown): Moment {
  return list(value).flatMap((item) => {
    if (!isFields(item) || typeof item["root"] !== "string") return [];
    const { root, git, unkept } = item;
    const [tree, kept] = [decodeEntry(item["tree"]), decodeEntry(item["kept"])];
    const facts = {
      ...(typeof git === "string" ? { git } : {}),
      ...(kept === undefined ? {} : { kept }),
      ...(typeof unkept === "string" ? { unkept } : {}),
    };
    return [{ root, tree, linked: list(item["linked"]).map(texts), ...facts }];
  });
}

function decodeEntry(value: unknown): Entry | undefined {
  if (!isFields(value)) return undefined;
  const { mode, id } = value;
  return typeof mode === "number" && typeof id === "string" ? { mode, id } : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function texts(value: unknown): readonly string[] {
  return list(value).filter((item) => typeof item === "string");
}
