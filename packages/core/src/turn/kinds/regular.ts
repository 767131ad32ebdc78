import type { MessageItem, ResponseItem, TurnContext, UserInput } from "@codex/protocol";
import { Gate } from "@codex/common";
import { changedContext, initialContext } from "../../prompt/context.js";
import { callsPrompt, expandInput } from "../../prompt/custom-prompts.js";
import { docsFragment, lastDocs } from "../../prompt/fragments.js";
import { mayNameSkill, namedSkills, skillFragment } from "../../prompt/skills.js";
import { touchedPaths } from "../../prompt/touched-paths.js";
import { createTurnHooks } from "../../hooks/turn-hooks.js";
import type { CallUse } from "../../limits/tally.js";
import { callOf, dispatch } from "../../tools/dispatch.js";
import { createGuards } from "../../tools/guard.js";
import type { Router } from "../../tools/router.js";
import { createRouter } from "../../tools/router.js";
import { watchSteps } from "../../undo/step-watch.js";
import type { StepWatch } from "../../undo/step-watch.js";
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
  const hooks = createTurnHooks(turn, powers);
  await recordContextChanges(turn, powers);
  if (!powers.state.has_begun) await hooks.startSession();
  powers.state.has_begun = true;
  await hooks.takePrompt(userText(input));
  await recordInput(input, turn, powers);
  const steps = watchSteps(turn, powers.deps.snapshots);
  const guards = createGuards({
    turn,
    beforeChange: (action, place) => steps.beforeChange(action, place),
    ...powers.deps,
    announceRule: (text) => powers.addNote(developerMessage(text)),
    abortTurn: (reason) => powers.abortTurn(reason),
  });
  const tools = { router, gate: new Gate(), guards, steps };
  let message: string | undefined;
  // a message that came whole counts, also when the stream broke behind it
  const record = (item: ResponseItem): void => {
    message = assistantText(item) ?? message;
    powers.record(item);
  };
  for (;;) {
    const before = powers.state.history.items.length;
    steps.begin();
    // A retry is another step from the current history: what was received before the failure stays.
    const result = await withRetries(turn, powers, () =>
      runStep(promptOf(turn, powers, tools), turn, { ...stepPowers(turn, powers, tools), record }),
    ).finally(() => steps.end());
    for (const note of powers.takeNotes()) powers.record(note);
    const pending = powers.takePending();
    const is_over = !result.continues && pending.length === 0;
    if (is_over && !(await hooks.putOff(message))) return message;
    await recordDocsOnTheWay(before, turn, powers);
    if (needsCompaction(turn, powers)) await compact(turn, powers);
    for (const more of pending) if (await hooks.takeMore(userText(more))) await recordInput(more, turn, powers);
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

/** What a person said, with their own prompts filled in, then the skills that they named. */
async function recordInput(typed: readonly UserInput[], turn: TurnContext, powers: TurnPowers): Promise<void> {
  const { context } = powers.deps;
  const input = callsPrompt(typed) ? expandInput(typed, await context.customPrompts()) : typed;
  powers.record(await userMessage(input, turn.environment.files, turn.signal));
  const scope = { thread_id: turn.session.id, turn_id: turn.id };
  const shown = { type: "UserMessage", id: powers.newId(), content: input } as const;
  turn.session.emit({ type: "item_started", ...scope, item: shown }, turn.id);
  turn.session.emit({ type: "item_completed", ...scope, item: shown }, turn.id);
  turn.session.emit({ type: "user_message", message: userText(input) }, turn.id);
  if (!mayNameSkill(input)) return;
  for (const skill of namedSkills(input, await context.skills(turn.settings.cwd, turn.signal))) {
    const text = await skill.read(turn.signal);
    if (text !== undefined) powers.record(contextMessage(skillFragment(skill, text)));
  }
}

/** AGENTS.md files of the folders where the last step worked, unless the conversation holds them (core.md §3.3). */
async function recordDocsOnTheWay(from: number, turn: TurnContext, powers: TurnPowers): Promise<void> {
  const { history } = powers.state;
  const paths = touchedPaths(history.items.slice(from), turn.settings.cwd);
  if (paths.length === 0) return;
  for (const docs of await powers.deps.context.docsOnTheWay(paths, turn.settings.cwd, turn.signal)) {
    const text = docsFragment(docs.text, docs.directory);
    if (lastDocs(history.items, docs.directory) !== text) powers.record(contextMessage(text));
  }
}

function contextMessage(text: string): MessageItem {
  return { type: "message", role: "user", content: [{ type: "input_text", text }] };
}

function developerMessage(text: string): MessageItem {
  return { type: "message", role: "developer", content: [{ type: "input_text", text }] };
}

type TurnTools = {
  readonly router: Router;
  readonly gate: Gate;
  readonly guards: ReturnType<typeof createGuards>;
  readonly steps: StepWatch;
};

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
    keepPace: () => powers.keepPace(),
    addUsage: (event) => powers.addUsage(event),
    dispatch: (call) => {
      const { signal } = turn;
      const guard = tools.guards.forCall(call.call_id);
      const started = powers.clock.monotonic();
      const elapsed = (): number => powers.clock.monotonic() - started;
      const { hooks } = powers.deps;
      const note = (use: CallUse): void => powers.tally.noteCall(use);
      const run = () => dispatch(call, tools.router, tools.gate, { turn, guard, signal, elapsed, hooks, note });
      return tools.steps.beforeCall(call)?.then(run) ?? run();
    },
  };
}
