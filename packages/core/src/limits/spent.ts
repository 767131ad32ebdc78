import { numberOf } from "@codex/common";
import type { Fields } from "@codex/common";
import type { ModelUse, RolloutItem, TokenUsage } from "@codex/protocol";
import { addUsage, NO_USAGE } from "@codex/protocol";
import { decodeTokens, decodeUsage } from "../rollout/stored-tokens.js";

/** What a session has used since it began, the sessions below it included. */
export type Spent = {
  readonly usage: TokenUsage;
  /** US dollars; `null`: the price of a part is not known. */
  readonly cost_usd: number | null;
  /** To models. */
  readonly requests: number;
  /** Opened so far. */
  readonly agents: number;
  /** Printed by commands, while a limit says how much. */
  readonly output_bytes: number;
};

export const NOTHING_SPENT: Spent = { usage: NO_USAGE, cost_usd: 0, requests: 0, agents: 0, output_bytes: 0 };

/** What a session's file says of it. */
export type SpentBefore = {
  readonly spent: Spent;
  /** What nobody priced: written by a program that keeps no such record, or just before we were killed. */
  readonly unpriced: readonly ModelUse[];
};

const TYPE = "session_spent";

/** For the session's file. Other programs skip it, as every event that they do not know (rollout-live.md §2). */
export function spentLine(spent: Spent): RolloutItem {
  return { type: "event_msg", payload: { type: TYPE, ...spent } };
}

/** Finds in a session's lines what it has used: our last record, and the growth of `token_count` since then. */
export class SpentReader {
  #spent = NOTHING_SPENT;
  readonly #unpriced = new Map<string, ModelUse>();
  #counted = NO_USAGE;
  #model = "";

  noteModel(model: string): void {
    this.#model = model;
  }

  noteEvent(payload: Fields): void {
    if (payload["type"] === TYPE) {
      this.#spent = decodeSpent(payload);
      this.#unpriced.clear();
    }
    if (payload["type"] === "token_count") this.#noteTokens(decodeTokens(payload["info"])?.total_token_usage);
  }

  get result(): SpentBefore {
    return { spent: this.#spent, unpriced: [...this.#unpriced.values()] };
  }

  #noteTokens(total: TokenUsage | undefined): void {
    if (total === undefined) return;
    const grown = growth(this.#counted, total);
    this.#counted = total;
    if (grown.total_tokens === 0) return;
    const model = this.#model;
    const before = this.#unpriced.get(model) ?? { model, requests: 0, usage: NO_USAGE, cost_usd: null };
    const usage = addUsage(before.usage, grown);
    this.#unpriced.set(model, { ...before, requests: before.requests + 1, usage });
  }
}

/** Older programs begin at zero when they go on with a session. */
function growth(before: TokenUsage, now: TokenUsage): TokenUsage {
  if (now.total_tokens < before.total_tokens) return now;
  return {
    input_tokens: now.input_tokens - before.input_tokens,
    cached_input_tokens: now.cached_input_tokens - before.cached_input_tokens,
    cache_write_input_tokens: now.cache_write_input_tokens - before.cache_write_input_tokens,
    output_tokens: now.output_tokens - before.output_tokens,
    reasoning_output_tokens: now.reasoning_output_tokens - before.reasoning_output_tokens,
    total_tokens: now.total_tokens - before.total_tokens,
  };
}

function decodeSpent(payload: Fields): Spent {
  const count = (name: keyof Spent): number => numberOf(payload[name]) ?? 0;
  return {
    usage: decodeUsage(payload["usage"]),
    cost_usd: numberOf(payload["cost_usd"]) ?? null,
    requests: count("requests"),
    agents: count("agents"),
    output_bytes: count("output_bytes"),
  };
}
