import type { ModelUse, TokenUsage, ToolUse } from "@codex/protocol";
import { addUsage, countedTokens, NO_USAGE } from "@codex/protocol";
import type { UsageTurn } from "./turn.js";

/** Tokens and dollars of several requests. */
export type UsageTotal = {
  readonly requests: number;
  readonly usage: TokenUsage;
  /** US dollars of what has a known price. */
  readonly cost_usd: number;
  /** Counted tokens of models whose price is not known: they are in no `cost_usd`. */
  readonly unpriced_tokens: number;
};

const NO_TOTAL: UsageTotal = { requests: 0, usage: NO_USAGE, cost_usd: 0, unpriced_tokens: 0 };

function addTotals(left: UsageTotal, right: UsageTotal): UsageTotal {
  return {
    requests: left.requests + right.requests,
    usage: addUsage(left.usage, right.usage),
    cost_usd: left.cost_usd + right.cost_usd,
    unpriced_tokens: left.unpriced_tokens + right.unpriced_tokens,
  };
}

/** What some turns used, by model and by tool. */
export class UsageSums {
  #turns = 0;
  #last = 0;
  readonly #models = new Map<string, UsageTotal>();
  readonly #tools = new Map<string, ToolUse>();

  noteTurn({ at, models, tools }: UsageTurn): void {
    this.#turns += 1;
    this.#last = Math.max(this.#last, at);
    for (const use of models) this.#noteModel(use.model, totalOf(use));
    for (const use of tools) this.#noteTool(use);
  }

  add(other: UsageSums): void {
    this.#turns += other.#turns;
    this.#last = Math.max(this.#last, other.#last);
    for (const [model, total] of other.#models) this.#noteModel(model, total);
    for (const use of other.#tools.values()) this.#noteTool(use);
  }

  get turns(): number {
    return this.#turns;
  }

  /** When the last of the turns ended, in milliseconds since 1970; 0: there is none. */
  get last(): number {
    return this.#last;
  }

  get total(): UsageTotal {
    return [...this.#models.values()].reduce(addTotals, NO_TOTAL);
  }

  /** What was used most first. */
  get models(): readonly (readonly [model: string, total: UsageTotal])[] {
    return [...this.#models].toSorted(([, left], [, right]) => weight(right) - weight(left));
  }

  /** What was called most first. */
  get tools(): readonly ToolUse[] {
    return [...this.#tools.values()].toSorted((left, right) => right.calls - left.calls);
  }

  #noteModel(model: string, total: UsageTotal): void {
    this.#models.set(model, addTotals(this.#models.get(model) ?? NO_TOTAL, total));
  }

  #noteTool(use: ToolUse): void {
    const before = this.#tools.get(use.tool) ?? { calls: 0, failed: 0, output_bytes: 0, duration_ms: 0 };
    this.#tools.set(use.tool, {
      tool: use.tool,
      calls: before.calls + use.calls,
      failed: before.failed + use.failed,
      output_bytes: before.output_bytes + use.output_bytes,
      duration_ms: before.duration_ms + use.duration_ms,
    });
  }
}

function totalOf({ requests, usage, cost_usd }: ModelUse): UsageTotal {
  const unpriced_tokens = cost_usd === null ? countedTokens(usage) : 0;
  return { requests, usage, cost_usd: cost_usd ?? 0, unpriced_tokens };
}

function weight({ usage }: UsageTotal): number {
  return countedTokens(usage);
}
