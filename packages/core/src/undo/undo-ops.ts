import type { MessageItem, Op, Snapshots, TurnId, UndoReport, UndoRequest } from "@codex/protocol";
import { CodexError, messageOf } from "@codex/common";
import type { SessionParts } from "../session/session.js";
import { saidIn } from "../rollout/turn-book.js";

export type UndoOp = Extract<Op, { readonly type: "undo" | "redo" | "list_undo_steps" }>;
type Asked = Exclude<UndoOp, { readonly type: "list_undo_steps" }>;

/** `active`: the turn that runs, if one does. */
type Between = SessionParts & { readonly active: object | undefined };

/** Undo and redo between turns: files over `Snapshots`, the conversation in the session's own history. */
export async function answerUndo(op: UndoOp, parts: Between, turn: TurnId): Promise<void> {
  const { scope, deps } = parts;
  if (parts.active !== undefined) {
    const message = "a turn is running: interrupt it before you undo";
    scope.emit({ type: "error", message, codex_error_info: "bad_request" }, turn);
    return;
  }
  if (op.type === "list_undo_steps") {
    if (deps.snapshots === undefined) {
      scope.emit({ type: "error", message: offText(parts), codex_error_info: "bad_request" }, turn);
      return;
    }
    const steps = await deps.snapshots.steps(scope.signal);
    const { dropped } = deps.snapshots;
    scope.emit({ type: "list_undo_steps_response", steps, ...(dropped === 0 ? {} : { dropped }) }, turn);
    return;
  }
  if (op.preview !== true) scope.emit({ type: "undo_started", message: `${op.type} in progress` }, turn);
  try {
    const { report, turns } = await carryOut(op, parts, turn);
    const facts = { ...(report === undefined ? {} : { report }), ...(turns === 0 ? {} : { num_turns: turns }) };
    if (op.preview === true) scope.emit({ type: "undo_preview_response", ...facts }, turn);
    else scope.emit({ type: "undo_completed", success: true, message: summary(op, report, turns), ...facts }, turn);
  } catch (error) {
    scope.emit({ type: "undo_completed", success: false, message: messageOf(error) }, turn);
  }
}

function offText({ deps }: SessionParts): string {
  return `no files are kept for undo: ${deps.no_snapshots ?? "this program keeps none"}`;
}

type Done = { readonly report: UndoReport | undefined; readonly turns: number };

async function carryOut(op: Asked, parts: SessionParts, turn: TurnId): Promise<Done> {
  const steps = op.steps ?? 1;
  if (!Number.isSafeInteger(steps) || steps < 1)
    throw new CodexError("bad_request", "at least one step has to be named");
  if (op.scope === "conversation") {
    const turns = op.type === "undo" ? Math.min(steps, saidIn(parts.state.history.items)) : returning(parts);
    if (turns === 0) throw new CodexError("bad_request", `there is no turn to ${op.type}`);
    if (op.preview !== true) moveTurns(op, turns, parts, turn);
    return { report: undefined, turns };
  }
  const { snapshots } = parts.deps;
  if (snapshots === undefined) throw new CodexError("bad_request", offText(parts));
  const request: UndoRequest = { direction: op.type, steps, force: op.force === true };
  const { signal } = parts.scope;
  const plan = await snapshots.preview(request, signal);
  const turns = op.scope === "files" ? 0 : await turnsOf(op, plan, parts, snapshots);
  if (op.preview === true) return { report: plan, turns };
  const report = await snapshots.restore(request, signal);
  if (turns > 0) moveTurns(op, turns, parts, turn);
  else tellModel(report, parts);
  return { report, turns };
}

/** How many turns an undo or redo of these steps takes along: only whole ones, with everything that they did. */
async function turnsOf(
  op: Asked,
  plan: UndoReport,
  { state, scope }: SessionParts,
  snapshots: Snapshots,
): Promise<number> {
  const moved = new Set(plan.steps.map(({ id }) => id));
  const ids = plan.steps.map(({ turn_id }) => turn_id);
  const others = (await snapshots.steps(scope.signal)).filter(({ id }) => !moved.has(id));
  if (op.type === "redo") {
    const taken = state.turns.last;
    const own = new Set<string>(taken?.turns.map(({ id }) => id));
    const isWhole = others.every(({ turn_id, state: is }) => !own.has(turn_id) || is === "done");
    return taken !== undefined && isWhole && ids.every((id) => own.has(id)) ? saidIn(taken.items) : 0;
  }
  const standing = new Set<string>(others.flatMap(({ turn_id, state: is }) => (is === "done" ? [turn_id] : [])));
  // the oldest turn with nothing left of it: later ones were undone before it, or did nothing to files
  const whole = ids.filter((id) => !standing.has(id) && !state.turns.idsFrom(id).some((later) => standing.has(later)));
  const oldest = whole.at(-1);
  return oldest === undefined ? 0 : (state.turns.countFrom(oldest, state.history.items) ?? 0);
}

function returning({ state }: SessionParts): number {
  return saidIn(state.turns.last?.items ?? []);
}

function moveTurns(op: Asked, turns: number, { state, scope }: SessionParts, turn: TurnId): void {
  if (op.type === "undo") {
    state.rollBack(turns);
    scope.emit({ type: "thread_rolled_back", num_turns: turns }, turn);
    return;
  }
  const items = state.turns.last?.items.length ?? 0;
  scope.emit({ type: "thread_restored", num_turns: turns, num_items: items }, turn);
  state.restore();
}

/** Paths that the model is told by name. */
const MAX_TOLD = 20;

/** The conversation goes on with other files than it knows. */
function tellModel({ direction, changes }: UndoReport, { state }: SessionParts): void {
  if (changes.length === 0 || state.history.items.length === 0) return;
  const lines = changes.slice(0, MAX_TOLD).map(({ change, path }) => `${change} ${path}`);
  const more = changes.length > MAX_TOLD ? [`and ${changes.length - MAX_TOLD} more`] : [];
  const what = direction === "undo" ? "took back file changes that you had made" : "made file changes again";
  const text = `<files_restored>\nThe user ${what}. Changed on disk:\n${[...lines, ...more].join("\n")}\n</files_restored>`;
  const note: MessageItem = { type: "message", role: "developer", content: [{ type: "input_text", text }] };
  state.record(note, { mode: "bytes", limit: text.length * 4 });
}

function summary(op: Asked, report: UndoReport | undefined, turns: number): string {
  const word = op.type === "undo" ? "undone" : "made again";
  const count = (number: number, name: string): string => `${number} ${name}${number === 1 ? "" : "s"}`;
  const parts = [
    ...(report === undefined
      ? []
      : [`${count(report.steps.length, "step")} ${word}: ${count(report.changes.length, "path")} changed`]),
    ...(report === undefined || report.conflicts.length === 0
      ? []
      : [
          `${count(report.conflicts.length, "conflict")} left as ${report.conflicts.length === 1 ? "it is" : "they are"}`,
        ]),
    ...(report === undefined || report.not_covered.length === 0
      ? []
      : [`${count(report.not_covered.length, "path")} not covered`]),
    ...(turns === 0 ? [] : [`${count(turns, "turn")} ${op.type === "undo" ? "forgotten" : "known again"}`]),
  ];
  return parts.join(", ");
}
