import type { TurnId } from "../ids.js";

/**
 * What a session's folders looked like around each step, kept outside the user's repository. Files only: the
 * conversation is the session's. One session uses one of these at a time.
 */
export interface Snapshots extends AsyncDisposable {
  /** Reads what is new since the last session, so that the first step need not. Returns at once. */
  warm(): void;
  /** Keeps how everything is before a step's first change. What cannot be kept is told once and stops no step. */
  before(step: SnapshotStep, signal: AbortSignal): Promise<void>;
  /** Keeps what the step that was begun made of it. Without one it does nothing. */
  after(signal: AbortSignal): Promise<void>;
  /** How many of its oldest steps the session has lost to the limit of what is kept. */
  readonly dropped: number;
  /** Steps that changed something, oldest first. */
  steps(signal: AbortSignal): Promise<readonly UndoStep[]>;
  /** What `restore` would do; nothing is changed. */
  preview(request: UndoRequest, signal: AbortSignal): Promise<UndoReport>;
  /**
   * Puts files back. What was changed since, by whomever, stays as it is and is reported, unless it is forced; cut
   * short, it can be asked for again. Throws `bad_request` when there are no such steps.
   */
  restore(request: UndoRequest, signal: AbortSignal): Promise<UndoReport>;
}

export type SnapshotStep = {
  readonly turn_id: TurnId;
  /** Number of the model request within its turn, from 1. */
  readonly step: number;
};

export type UndoRequest = {
  readonly direction: "undo" | "redo";
  /** `undo`: the newest ones that stand; `redo`: those that were undone last. */
  readonly steps: number;
  /** Overwrite what was changed since. */
  readonly force?: boolean;
};

export type UndoStep = SnapshotStep & {
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  readonly state: "done" | "undone";
  readonly added: number;
  readonly modified: number;
  readonly deleted: number;
  /** The folder's own `.git`, where the step took it away and nothing of it was kept. Absent: no such thing. */
  readonly not_covered?: readonly UndoProblem[];
};

export type UndoReport = {
  readonly direction: UndoRequest["direction"];
  /** In the order in which they are taken. */
  readonly steps: readonly UndoStep[];
  /** By path. */
  readonly changes: readonly UndoChange[];
  readonly conflicts: readonly UndoProblem[];
  /** What the steps changed and no snapshot holds: too large, secret, rebuilt by a tool. */
  readonly not_covered: readonly UndoProblem[];
};

/** What happens to one path: it appears, gets other content or another mode, or disappears. */
export type UndoChange = {
  /** Absolute. */
  readonly path: string;
  readonly change: "A" | "M" | "D";
  readonly kind: "file" | "directory" | "symlink";
  /** Size of what is put there; 0 for what disappears. */
  readonly bytes: number;
};

export type UndoProblem = { readonly path: string; readonly reason: string };
