import type { ModelEvent, RateLimitSnapshot, TokenUsage, TokenUsageInfo } from "@codex/protocol";
import { addUsage, NO_USAGE } from "@codex/protocol";

/** Tokens of a session so far (core.md §2.8). */
export class SessionUsage {
  #total: TokenUsage = NO_USAGE;
  #last: TokenUsage | undefined;
  /** `last` is that of the last request; false: its server told none. */
  #is_current = true;
  #limits: RateLimitSnapshot | null = null;

  constructor(restored?: TokenUsageInfo) {
    if (restored === undefined) return;
    this.#total = restored.total_token_usage;
    this.#last = restored.last_token_usage;
  }

  /** Tokens of the last request and its answer; 0 before the first, and when the server tells none. */
  get last_total(): number {
    return this.#is_current ? (this.#last?.total_tokens ?? 0) : 0;
  }

  /** After the history was replaced: what the next request will hold, estimated. */
  estimateLast(total_tokens: number): void {
    this.#last = { ...NO_USAGE, input_tokens: total_tokens, total_tokens };
    this.#is_current = true;
  }

  add(event: Extract<ModelEvent, { type: "completed" | "rate_limits" }>): void {
    if (event.type === "rate_limits") {
      this.#limits = merge(this.#limits, event.snapshot);
      return;
    }
    this.#is_current = event.usage !== undefined;
    if (event.usage === undefined) return;
    this.#last = event.usage;
    this.#total = addUsage(this.#total, event.usage);
  }

  get rate_limits(): RateLimitSnapshot | null {
    return this.#limits;
  }

  /** `context_window` in tokens; what a person is told leaves five percent for the answer. */
  info(context_window: number | undefined): TokenUsageInfo | null {
    if (this.#last === undefined) return null;
    return {
      total_token_usage: this.#total,
      last_token_usage: this.#last,
      model_context_window: shownWindow(context_window),
    };
  }
}

export function shownWindow(context_window: number | undefined): number | null {
  return context_window === undefined ? null : Math.floor((context_window * 95) / 100);
}

/** Credits and plan stay known when a later snapshot leaves them out (core.md §2.7). */
function merge(before: RateLimitSnapshot | null, now: RateLimitSnapshot): RateLimitSnapshot {
  return {
    ...now,
    credits: now.credits ?? before?.credits ?? null,
    plan_type: now.plan_type ?? before?.plan_type ?? null,
  };
}
