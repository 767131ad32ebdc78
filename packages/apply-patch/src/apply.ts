import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { PatchError } from "./errors.js";
import { READ_LIMIT, type Change, type PatchReader, type Plan } from "./plan.js";

/** File operations on absolute paths; any error means that it failed. */
export interface PatchFiles extends PatchReader {
  /** Creates or replaces; keeps mode, owner, hard links and symlinks of what was there. The parent exists. */
  write(path: string, data: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Removes a regular file or a symlink. */
  remove(path: string, signal: AbortSignal): Promise<void>;
  rename(from: string, to: string, signal: AbortSignal): Promise<void>;
  /** Creates the directory and its missing parents. */
  mkdir(path: string, signal: AbortSignal): Promise<void>;
  /** Removes an empty directory. Without it, directories made by a patch that is rolled back are left over. */
  rmdir?(path: string, signal: AbortSignal): Promise<void>;
}

export type ApplyReport =
  | {
      readonly type: "applied";
      /** Hidden files that should have been removed and could not be. */
      readonly leftovers: readonly string[];
    }
  | {
      readonly type: "failed";
      readonly error: PatchError;
      /** One per change of the plan, in order. */
      readonly outcomes: readonly ChangeOutcome[];
      /** Empty directories and set-aside files that are still there. */
      readonly leftovers: readonly string[];
    };

/** What became of a change of a failed plan: never begun, undone, or begun and not (wholly) undone. */
export type ChangeOutcome = { readonly change: Change } & (
  { readonly state: "untouched" | "restored" } | { readonly state: "not_restored"; readonly reasons: readonly string[] }
);

/** How long undoing and clearing up may take, in milliseconds; they go on when the caller's signal is aborted. */
const CLEAN_UP_LIMIT = 60_000;

/**
 * Makes the changes of a plan, all or none: when one fails, those before it are undone. A file that is no longer as the
 * plan found it stops the plan. Never throws for a failing file operation or an abort; the report says it.
 */
export async function applyPlan(plan: Plan, files: PatchFiles, signal: AbortSignal): Promise<ApplyReport> {
  const transaction = new Transaction(files, signal);
  for (const [index, change] of plan.changes.entries()) {
    try {
      transaction.begin(index);
      await transaction.make(change, { last: index === plan.changes.length - 1 });
    } catch (cause) {
      const error = toPatchError(cause, change, signal);
      return { type: "failed", error, ...(await transaction.rollBack(plan)) };
    }
  }
  return { type: "applied", leftovers: await transaction.commit() };
}

type Undo = { readonly change: number; run(signal: AbortSignal): Promise<void> };
type Place = { readonly path: string; readonly oldBytes: Uint8Array | undefined };

class Transaction {
  private readonly files: PatchFiles;
  private readonly signal: AbortSignal;
  private readonly undos: Undo[] = [];
  /** Files that wait under a hidden name to be removed, or brought back with mode, owner and links as they were. */
  private readonly parked: string[] = [];
  private readonly leftovers: string[] = [];
  private current = 0;

  constructor(files: PatchFiles, signal: AbortSignal) {
    this.files = files;
    this.signal = signal;
  }

  begin(index: number): void {
    this.signal.throwIfAborted();
    this.current = index;
  }

  async make(change: Change, { last }: { last: boolean }): Promise<void> {
    await this.checkUnchanged(change, change.kind === "delete" ? "link" : "target");
    switch (change.kind) {
      case "add":
      case "update":
        return this.write(change, encode(change.newContent));
      case "delete":
        return last ? this.files.remove(change.path, this.signal) : this.park(change.path);
      case "move":
        return this.move(change, { last });
      default:
        change satisfies never;
    }
  }

  async commit(): Promise<readonly string[]> {
    const signal = AbortSignal.timeout(CLEAN_UP_LIMIT);
    for (const path of this.parked) {
      try {
        await this.files.remove(path, signal);
      } catch {
        this.leftovers.push(path);
      }
    }
    return this.leftovers;
  }

  async rollBack(plan: Plan): Promise<{ outcomes: readonly ChangeOutcome[]; leftovers: readonly string[] }> {
    const signal = AbortSignal.timeout(CLEAN_UP_LIMIT);
    const begun = new Set(this.undos.map((undo) => undo.change));
    const reasons = new Map<number, string[]>();
    for (const undo of this.undos.reverse()) {
      try {
        await undo.run(signal);
      } catch (error) {
        reasons.set(undo.change, [...(reasons.get(undo.change) ?? []), messageOf(error)]);
      }
    }
    for (const path of this.parked) await this.noteLeftover(path, signal);
    const outcomes = plan.changes.map((change, index): ChangeOutcome => {
      const failed = reasons.get(index);
      if (failed !== undefined) return { change, state: "not_restored", reasons: failed };
      return { change, state: begun.has(index) ? "restored" : "untouched" };
    });
    return { outcomes, leftovers: this.leftovers };
  }

  private async noteLeftover(path: string, signal: AbortSignal): Promise<void> {
    try {
      if ((await this.files.stat(path, signal)) !== undefined) this.leftovers.push(path);
    } catch {
      this.leftovers.push(path);
    }
  }

  private async move(change: Extract<Change, { kind: "move" }>, { last }: { last: boolean }): Promise<void> {
    const { destination, path } = change;
    const data = encode(change.newContent);
    await this.checkUnchanged(destination, "link");
    if ((await this.files.stat(destination.path, this.signal)) !== undefined) await this.park(destination.path);
    await this.ensureParent(destination.path);
    const source = await this.files.stat(path, this.signal);
    if (source?.type === "file" && (await this.tryRename(path, destination.path))) {
      return this.write({ path: destination.path, oldBytes: change.oldBytes }, data);
    }
    await this.write({ path: destination.path, oldBytes: undefined }, data);
    return last ? this.files.remove(path, this.signal) : this.park(path);
  }

  /** Renaming keeps mode and owner, but does not reach another file system. */
  private async tryRename(from: string, to: string): Promise<boolean> {
    try {
      await this.rename(from, to);
      return true;
    } catch {
      this.signal.throwIfAborted();
      return false;
    }
  }

  private async write(place: Place, data: Uint8Array): Promise<void> {
    const { path, oldBytes } = place;
    if (oldBytes === undefined) await this.ensureParent(path);
    this.undo(async (signal) => {
      const now = await this.files.read(path, READ_LIMIT, signal);
      if (sameBytes(now, oldBytes)) return;
      if (oldBytes === undefined) await this.files.remove(path, signal);
      else await this.files.write(path, oldBytes, signal);
    });
    await this.files.write(path, data, this.signal);
  }

  private async park(path: string): Promise<void> {
    const parked = join(dirname(path), `.${basename(path).slice(0, 100)}.${randomBytes(6).toString("hex")}.replaced`);
    await this.rename(path, parked);
    this.parked.push(parked);
  }

  private async rename(from: string, to: string): Promise<void> {
    this.undo(async (signal) => {
      const moved = (await this.files.stat(from, signal)) === undefined;
      if (moved) await this.files.rename(to, from, signal);
    });
    await this.files.rename(from, to, this.signal);
  }

  private async ensureParent(path: string): Promise<void> {
    const missing: string[] = [];
    let directory = dirname(path);
    while ((await this.files.stat(directory, this.signal)) === undefined && directory !== dirname(directory)) {
      missing.push(directory);
      directory = dirname(directory);
    }
    if (missing.length === 0) return;
    this.undo(async (signal) => {
      for (const made of missing) await this.removeDirectory(made, signal);
    });
    await this.files.mkdir(dirname(path), this.signal);
  }

  private async removeDirectory(path: string, signal: AbortSignal): Promise<void> {
    if ((await this.files.stat(path, signal)) === undefined) return;
    try {
      if (this.files.rmdir === undefined) this.leftovers.push(path);
      else await this.files.rmdir(path, signal);
    } catch {
      this.leftovers.push(path);
    }
  }

  /**
   * A file that someone else changed after the plan was made (or that two names lead to) is never overwritten. Where
   * the name itself goes away (`link`), a symlink is not looked through.
   */
  private async checkUnchanged({ path, oldBytes }: Place, look: "link" | "target"): Promise<void> {
    const stat = await this.files.stat(path, this.signal);
    if (look === "link" && oldBytes === undefined && stat?.type === "symlink") return;
    const now = stat === undefined ? undefined : await this.files.read(path, READ_LIMIT, this.signal);
    const same = sameBytes(now, oldBytes) && (now === undefined) === (stat === undefined);
    if (!same) throw new PatchError("stale", `${path} changed after the patch was planned`, { path });
  }

  private undo(run: Undo["run"]): void {
    this.undos.push({ change: this.current, run });
  }
}

function toPatchError(cause: unknown, change: Change, signal: AbortSignal): PatchError {
  if (cause instanceof PatchError) return cause;
  const place = { hunk: change.hunk, path: change.path, cause };
  if (signal.aborted) return new PatchError("aborted", "applying the patch was interrupted", place);
  const doing = change.kind === "delete" ? "Failed to delete file" : "Failed to write file";
  const path = change.kind === "move" ? change.destination.path : change.path;
  return new PatchError("file_error", `${doing} ${path}: ${messageOf(cause)}`, place);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function sameBytes(left: Uint8Array | undefined, right: Uint8Array | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return Buffer.compare(left, right) === 0;
}
