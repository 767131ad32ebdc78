import type { ResponseItem, TurnContext, UserInput } from "@codex/protocol";
import { Gate } from "@codex/common";
import { changedContext, initialContext } from "../../prompt/context.js";
import { callOf, dispatch } from "../../tools/dispatch.js";
import { createGuards } from "../../tools/guard.js";
import type { Router } from "../../tools/router.js";
import { createRouter } from "../../tools/router.js";
import { withRetries } from "../attempts.js";
import { compact, needsCompaction } from "../compaction.js";
import { assistantText, userMessage, userText } from "../items.js";
import type { TurnPowers } from "../powers.js";
import type { StepPowers } from "../step.js";
import { runStep } from "../step.js";

/** One user request until the final answer. Returns the last message; rejects when aborted or failed. */
export async function runRegular(
  input: readonly UserInput[],
  turn: TurnContext,
  powers: TurnPowers,
): Promise<string | undefined> {
  const router = await createRouter(powers.deps.tools, turn);
  for (const output of powers.state.history.lostOutputs()) powers.record(output);
  if (needsCompaction(turn, powers)) await compact(turn, powers);
  await recordContextChanges(turn, powers);
  recordInput(input, turn, powers);
  const guards = createGuards({ turn, ...powers.deps, abortTurn: (reason) => powers.abortTurn(reason) });
  const tools = { router, gate: new Gate(), guards };
  let message: string | undefined;
  // a message that came whole counts, also when the stream broke behind it
  const record = (item: ResponseItem): void => {
    message = assistantText(item) ?? message;
    powers.record(item);
  };
  for (;;) {
    // A retry is another step from the current history: what was received before the failure stays.
    const result = await withRetries(turn, powers, () =>
      runStep(promptOf(turn, powers, tools), turn, { ...stepPowers(turn, powers, tools), record }),
    );
    const pending = powers.takePending();
    if (!result.continues && pending.length === 0) return message;
    if (needsCompaction(turn, powers)) await compact(turn, powers);
    for (const more of pending) recordInput(more, turn, powers);
  }
}

async function recordContextChanges(turn: TurnContext, powers: TurnPowers): Promise<void> {
  const before = powers.state.known;
  const facts = { settings: turn.settings, context: powers.deps.context, now: powers.clock.now() };
  const messages =
    before === undefined
      ? await initialContext(facts, turn.signal)
      : await changedContext(facts, before, powers.state.history.items, turn.signal);
  for (const message of messages) powers.record(message);
  powers.recordContext();
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

function promptOf(turn: TurnContext, powers: TurnPowers, tools: TurnTools) {
  const schema = turn.settings.output_schema;
  return {
    instructions: powers.deps.context.instructions,
    input: powers.state.history.forPrompt(),
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
