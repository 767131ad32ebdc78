import type { EventMsg, Op, UndoReport, UndoStep } from "@codex/protocol";
import { CodexError } from "@codex/common";

/** `steps`: how many, default 1. `preview`: only says what would happen. `force`: also what was changed since. */
export type UndoOptions = Omit<Extract<Op, { type: "undo" }>, "type">;

/** What was put back, or would be. */
export type UndoOutcome = {
  /** Steps, changed paths and conflicts, which stay as they are; absent: only the conversation was meant. */
  readonly report?: UndoReport;
  /** Turns that the conversation forgot, or knows again. */
  readonly turns: number;
};

/** Whether an event with the id of an undo ends it. */
export function isUndoAnswer({ type }: EventMsg): boolean {
  return (
    type === "undo_completed" ||
    type === "undo_preview_response" ||
    type === "list_undo_steps_response" ||
    type === "error"
  );
}

/** Throws `bad_request` where nothing was changed. */
export function outcomeOf(answer: EventMsg): UndoOutcome {
  if (answer.type === "error") throw new CodexError("bad_request", answer.message);
  if (answer.type !== "undo_completed" && answer.type !== "undo_preview_response") return { turns: 0 };
  if (answer.type === "undo_completed" && !answer.success) {
    throw new CodexError("bad_request", answer.message ?? "nothing was changed");
  }
  const { report, num_turns: turns = 0 } = answer;
  return report === undefined ? { turns } : { report, turns };
}

/** Throws `bad_request` where they could not be asked for. */
export function stepsOf(answer: EventMsg): readonly UndoStep[] {
  if (answer.type === "error") throw new CodexError("bad_request", answer.message);
  return answer.type === "list_undo_steps_response" ? answer.steps : [];
}
