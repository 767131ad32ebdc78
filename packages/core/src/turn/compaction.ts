import type { MessageItem, Prompt, ResponseItem, TurnContext } from "@codex/protocol";
import { codeOf } from "@codex/common";
import { COMPACT_PROMPT, compactedHistory, USER_TOKENS } from "../prompt/compaction.js";
import { initialContext } from "../prompt/context.js";
import { normalize } from "../prompt/history.js";
import { historyTokens, itemsSinceModel } from "../prompt/tokens.js";
import { withRetries } from "./attempts.js";
import { assistantText } from "./items.js";
import type { TurnPowers } from "./powers.js";

/** Share of a model's window that may be used before the history is summarised (core.md §5.1). */
const WINDOW_SHARE = 0.9;

/** Is the context so full that it has to be summarised before the next request? */
export function needsCompaction(turn: TurnContext, powers: TurnPowers): boolean {
  const { state, deps } = powers;
  const limit = limitOf(turn, deps.context.compact.token_limit);
  if (limit === undefined || state.isFreshlyCompacted) return false;
  const { items } = state.history;
  const reported = state.usage.last_total;
  const used = reported === 0 ? historyTokens(items) : reported + historyTokens(itemsSinceModel(items));
  return used >= limit;
}

function limitOf(turn: TurnContext, configured: number | undefined): number | undefined {
  const window = turn.model.info.context_window;
  const share = window === undefined ? undefined : Math.floor(window * WINDOW_SHARE);
  if (configured === undefined || share === undefined) return configured ?? share;
  return Math.min(configured, share);
}

/**
 * Replaces the history by what must not be lost and a summary that the model writes (live.md §5). The log keeps all of
 * it. Rejects when the model cannot be asked; the history is then as it was.
 */
export async function compact(turn: TurnContext, powers: TurnPowers): Promise<void> {
  const { state, deps, clock } = powers;
  const scope = { thread_id: turn.session.id, turn_id: turn.id };
  const item = { type: "ContextCompaction", id: powers.newId() } as const;
  turn.session.emit({ type: "item_started", ...scope, item }, turn.id);
  const summary = await summarize(turn, powers);
  const facts = { settings: turn.settings, context: deps.context, now: clock.now() };
  const compacted = compactedHistory({
    items: state.history.items,
    context: await initialContext(facts, turn.signal),
    summary,
    ledger: state.ledger,
    user_tokens: userTokens(turn, powers),
    record: powers.rollout_path,
  });
  powers.compact(compacted.message, compacted.history);
  powers.recordContext();
  turn.session.emit({ type: "item_completed", ...scope, item }, turn.id);
}

/** In a small window what people said must not fill it again. */
function userTokens(turn: TurnContext, { deps }: TurnPowers): number {
  const limit = limitOf(turn, deps.context.compact.token_limit);
  return limit === undefined ? USER_TOKENS : Math.min(USER_TOKENS, Math.floor(limit / 2));
}

/** The model's summary. A history that does not fit loses its oldest items until it does. */
async function summarize(turn: TurnContext, powers: TurnPowers): Promise<string> {
  const { instructions, compact: options } = powers.deps.context;
  let items = powers.state.history.forPrompt();
  const text = options.prompt ?? COMPACT_PROMPT;
  const request: MessageItem = { type: "message", role: "user", content: [{ type: "input_text", text }] };
  for (;;) {
    try {
      const prompt = { instructions, input: [...items, request], tools: [] };
      return await withRetries(turn, powers, () => readAnswer(prompt, turn, powers));
    } catch (error) {
      if (codeOf(error) !== "context_window_exceeded" || items.length <= 1) throw error;
      items = withoutOldest(items);
    }
  }
}

async function readAnswer(prompt: Prompt, turn: TurnContext, powers: TurnPowers): Promise<string> {
  let answer = "";
  for await (const event of turn.model.stream(prompt, turn.signal)) {
    if (event.type === "item_done") answer = assistantText(event.item) ?? answer;
    else if (event.type === "completed" || event.type === "rate_limits") powers.addUsage(event);
  }
  return answer;
}

/** Without the first item, and without the output of a call that goes with it. */
function withoutOldest(items: readonly ResponseItem[]): readonly ResponseItem[] {
  return normalize(items.slice(1));
}
