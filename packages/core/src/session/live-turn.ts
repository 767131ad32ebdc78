import type { EventMsg, MessageItem, ModelEvent, TurnContext, TurnSettings } from "@codex/protocol";
import { budgetedClient } from "../limits/model.js";
import { Tally } from "../limits/tally.js";
import { knownContext } from "../prompt/context.js";
import { TurnAborted } from "../turn/aborted.js";
import type { TurnPowers, TurnWork } from "../turn/powers.js";
import { failureOf } from "../turn/retry.js";
import type { ActiveTurn } from "./active-turn.js";
import type { SessionParts } from "./session.js";
import { shownWindow } from "./usage.js";

/** A session's parts as one turn needs them; `settings` are frozen. */
type TurnParts = Omit<SessionParts, "asks" | "end"> & { readonly settings: TurnSettings };

/** Events that may wait for the face before the model is read no further. */
const MOST_WAITING = 4096;

const ABORTED_MARKER =
  "<turn_aborted>\nThe user stopped the previous turn on purpose. Commands it waited for were stopped, sessions run on; " +
  "what they did before stands. Check the state of things before you go on.\n</turn_aborted>";

/** From `task_started` to the one event that ends the turn, whatever its work does. Never rejects. */
export async function liveTurn(active: ActiveTurn, parts: TurnParts, work: TurnWork): Promise<void> {
  const { clock, deps, scope, settings } = parts;
  const { id } = active;
  const emit = (message: EventMsg): void => scope.emit(message, id);
  const tally = new Tally();
  const started = clock.now();
  const ending = (): { completed_at: number; duration_ms: number } => ({
    completed_at: Math.floor(clock.now() / 1000),
    duration_ms: Math.max(0, clock.now() - started),
  });
  const emitUsage = (): void => {
    const { models, tools } = tally;
    if (models.length === 0) return;
    emit({ type: "turn_usage", turn_id: id, models, tools, session: parts.budget.spent });
  };
  try {
    const client = deps.models.client(settings, { session: scope.id, turn: id });
    const model = budgetedClient(client, parts.budget, tally);
    const model_context_window = shownWindow(model.info.context_window);
    emit({ type: "task_started", turn_id: id, started_at: Math.floor(started / 1000), model_context_window });
    const turn: TurnContext = {
      id,
      session: scope,
      settings,
      model,
      environment: deps.environment,
      signal: active.signal,
    };
    const last = await work(turn, turnPowers(active, turn, { ...parts, tally }));
    emitUsage();
    emit({ type: "task_complete", turn_id: id, last_agent_message: last ?? null, ...ending() });
  } catch (error) {
    if (!active.signal.aborted) {
      emitUsage();
      const failure = failureOf(error);
      emit({ type: "error", ...failure });
      emit({ type: "task_complete", turn_id: id, last_agent_message: null, ...ending(), error: failure });
      return;
    }
    const why: unknown = active.signal.reason;
    const reason = why instanceof TurnAborted ? why.reason : "interrupted";
    if (reason === "interrupted") parts.state.record(abortedMarker(), { mode: "bytes", limit: ABORTED_MARKER.length });
    emitUsage();
    emit({ type: "turn_aborted", turn_id: id, reason, ...ending() });
  }
}

function abortedMarker(): MessageItem {
  return { type: "message", role: "user", content: [{ type: "input_text", text: ABORTED_MARKER }] };
}

function turnPowers(active: ActiveTurn, turn: TurnContext, parts: TurnParts & { readonly tally: Tally }): TurnPowers {
  const { deps, clock, log, outbox, state, scope, tally } = parts;
  const { info } = turn.model;
  const countTokens = (): void => {
    const { usage } = state;
    scope.emit({ type: "token_count", info: usage.info(info.context_window), rate_limits: usage.rate_limits }, turn.id);
  };
  return {
    deps,
    clock,
    state,
    tally,
    rollout_path: log.path,
    newId: () => parts.newId(),
    record: (item) => {
      const kept = state.record(item, info.truncation);
      scope.emit({ type: "raw_response_item", item: kept }, turn.id);
    },
    recordContext: () => {
      const known = knownContext({ settings: turn.settings, context: deps.context, now: clock.now() });
      state.known = known;
      state.turns.begin(turn.id, state.history.items);
      log.append({
        type: "turn_context",
        payload: {
          turn_id: turn.id,
          ...known,
          timezone: deps.context.timezone,
          ...(turn.settings.effort === undefined ? {} : { effort: turn.settings.effort }),
          summary: turn.settings.summary ?? "auto",
        },
      });
    },
    compact: (message, history) => {
      state.compact(message, history);
      countTokens();
    },
    addUsage: (event: Extract<ModelEvent, { type: "completed" | "rate_limits" }>) => {
      state.usage.add(event);
      countTokens();
    },
    takePending: () => active.takePending(),
    addNote: (note: MessageItem) => active.addNote(note),
    takeNotes: () => active.takeNotes(),
    keepPace: () => (outbox.size < MOST_WAITING ? undefined : outbox.below(MOST_WAITING, active.signal)),
    abortTurn: (reason) => active.abort(reason),
  };
}
