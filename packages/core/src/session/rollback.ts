import type { TurnId } from "@codex/protocol";
import type { SessionParts } from "./session.js";

/** `active`: the turn that runs, if one does. */
type Between = Pick<SessionParts, "scope" | "state"> & { readonly active: object | undefined };

/** Forgets the last turns of the conversation; files stay as they are (core.md §5.5). */
export function rollBack(turns: number, { scope, state, active }: Between, id: TurnId): void {
  const problem = problemWith(turns, active, state);
  if (problem !== undefined) {
    scope.emit({ type: "error", message: problem, codex_error_info: "thread_rollback_failed" }, id);
    return;
  }
  state.rollBack(turns);
  scope.emit({ type: "thread_rolled_back", num_turns: turns }, id);
}

function problemWith(turns: number, active: object | undefined, state: SessionParts["state"]): string | undefined {
  if (!Number.isSafeInteger(turns) || turns < 1) return "at least one turn has to be rolled back";
  if (active !== undefined) return "a turn is running: interrupt it before you roll back";
  return state.history.items.length === 0 ? "there is nothing to roll back yet" : undefined;
}
