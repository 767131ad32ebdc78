import type {
  Clock,
  ModelEvent,
  ResponseItem,
  SessionDeps,
  TurnContext,
  TurnSettings,
  UserInput,
} from "@codex/protocol";
import { Gate } from "@codex/common";
import { changedContext, initialContext } from "../prompt/context.js";
import type { History } from "../prompt/history.js";
import { callOf, dispatch } from "../tools/dispatch.js";
import { createGuards } from "../tools/guard.js";
import type { Router } from "../tools/router.js";
import { createRouter } from "../tools/router.js";
import type { TurnAborted } from "./aborted.js";
import { userMessage, userText } from "./items.js";
import { announceRetry, retryDelay } from "./retry.js";
import type { StepPowers, StepResult } from "./step.js";
import { runStep } from "./step.js";

/** What a turn is given by its session. While it runs, the turn alone writes the history. */
export type TurnPowers = {
  readonly deps: SessionDeps;
  readonly history: History;
  readonly clock: Clock;
  newId(): string;
  /** Appends an item to history and log. */
  record(item: ResponseItem): void;
  /** Writes the turn's settings to the log, and keeps them as what the model knows. */
  recordContext(settings: TurnSettings): void;
  /** Settings that the model knows; `undefined` before the first turn. */
  knownSettings(): TurnSettings | undefined;
  addUsage(event: Extract<ModelEvent, { type: "completed" | "rate_limits" }>): void;
  /** Input that came while the turn ran. */
  takePending(): readonly (readonly UserInput[])[];
  abortTurn(reason: TurnAborted): void;
};

/** One user request until the final answer. Returns the last message; rejects when aborted or failed. */
export async function runTurn(
  input: readonly UserInput[],
  turn: TurnContext,
  powers: TurnPowers,
): Promise<string | undefined> {
  const router = await createRouter(powers.deps.tools, turn);
  await recordContextChanges(turn, powers);
  recordInput(input, turn, powers);
  const guards = createGuards({ turn, ...powers.deps, abortTurn: (reason) => powers.abortTurn(reason) });
  const tools = { router, gate: new Gate(), guards };
  let message: string | undefined;
  for (;;) {
    const result = await stepWithRetries(turn, powers, tools);
    message = result.message ?? message;
    const pending = powers.takePending();
    for (const more of pending) recordInput(more, turn, powers);
    if (!result.continues && pending.length === 0) return message;
  }
}

async function recordContextChanges(turn: TurnContext, powers: TurnPowers): Promise<void> {
  const before = powers.knownSettings();
  const facts = { settings: turn.settings, context: powers.deps.context, now: powers.clock.now() };
  const messages =
    before === undefined ? await initialContext(facts, turn.signal) : await changedContext(facts, before, turn.signal);
  for (const message of messages) powers.record(message);
  powers.recordContext(turn.settings);
}

function recordInput(input: readonly UserInput[], turn: TurnContext, powers: TurnPowers): void {
  const item = userMessage(input);
  powers.record(item);
  const scope = { thread_id: turn.session.id, turn_id: turn.id };
  const shown = { type: "UserMessage", id: powers.newId(), content: input } as const;
  turn.session.emit({ type: "item_started", ...scope, item: shown }, turn.id);
  turn.session.emit({ type: "item_completed", ...scope, item: shown }, turn.id);
  turn.session.emit({ type: "user_message", message: userText(input) }, turn.id);
}

type TurnTools = { readonly router: Router; readonly gate: Gate; readonly guards: ReturnType<typeof createGuards> };

/** A retry is another step from the current history: what was received before the failure stays. */
async function stepWithRetries(turn: TurnContext, powers: TurnPowers, tools: TurnTools): Promise<StepResult> {
  for (let attempt = 0; ; attempt += 1) {
    turn.signal.throwIfAborted();
    try {
      return await runStep(promptOf(turn, powers, tools), turn, stepPowers(turn, powers, tools));
    } catch (error) {
      turn.signal.throwIfAborted();
      const delay = retryDelay(error, attempt, turn.model);
      if (delay === undefined) throw error;
      announceRetry(error, attempt, delay, turn);
      await powers.clock.sleep(delay, turn.signal);
    }
  }
}

function promptOf(turn: TurnContext, powers: TurnPowers, tools: TurnTools) {
  const schema = turn.settings.output_schema;
  return {
    instructions: powers.deps.context.instructions,
    input: powers.history.forPrompt(),
    tools: tools.router.specs,
    ...(schema === undefined ? {} : { output_schema: schema }),
  };
}

function stepPowers(turn: TurnContext, powers: TurnPowers, tools: TurnTools): StepPowers {
  return {
    record: (item) => powers.record(item),
    callOf,
    newId: () => powers.newId(),
    addUsage: (event) => powers.addUsage(event),
    dispatch: (call) => {
      const { signal } = turn;
      const guard = tools.guards.forCall(call.call_id);
      const started = powers.clock.monotonic();
      const elapsed = (): number => powers.clock.monotonic() - started;
      return dispatch(call, tools.router, tools.gate, { turn, guard, signal, elapsed });
    },
  };
}
