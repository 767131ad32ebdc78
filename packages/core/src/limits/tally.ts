import type { ModelUse, TokenUsage, ToolUse } from "@codex/protocol";
import { addUsage, NO_USAGE } from "@codex/protocol";

/** One call that is over. */
export type CallUse = {
  readonly tool: string;
  readonly success: boolean;
  readonly output_bytes: number;
  readonly duration_ms: number;
};

/** What a turn used, by model and by tool. */
export class Tally {
  readonly #models = new Map<string, ModelUse>();
  readonly #tools = new Map<string, ToolUse>();

  noteRequest(model: string): void {
    const before = this.#models.get(model) ?? { model, requests: 0, usage: NO_USAGE, cost_usd: 0 };
    this.#models.set(model, { ...before, requests: before.requests + 1 });
  }

  /** Of a request that was noted. */
  noteUsage(model: string, usage: TokenUsage, usd: number | null): void {
    const before = this.#models.get(model);
    if (before === undefined) return;
    const cost_usd = before.cost_usd === null || usd === null ? null : before.cost_usd + usd;
    this.#models.set(model, { ...before, usage: addUsage(before.usage, usage), cost_usd });
  }

  noteCall({ tool, success, output_bytes, duration_ms }: CallUse): void {
    const before = this.#tools.get(tool) ?? { tool, calls: 0, failed: 0, output_bytes: 0, duration_ms: 0 };
    this.#tools.set(tool, {
      tool,
      calls: before.calls + 1,
      failed: before.failed + (success ? 0 : 1),
      output_bytes: before.output_bytes + output_bytes,
      duration_ms: before.duration_ms + duration_ms,
    });
  }

  get models(): readonly ModelUse[] {
    return [...this.#models.values()];
  }

  get tools(): readonly ToolUse[] {
    return [...this.#tools.values()];
  }
}
