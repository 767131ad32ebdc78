import type { RunLimits, TokenUsage } from "@codex/protocol";
import { addUsage, countedTokens } from "@codex/protocol";
import type { Spent } from "./spent.js";

type Used = Pick<Spent, "usage" | "cost_usd" | "requests">;

/** How far a session may go, or a run of it, and how far it has come. */
export class Meter {
  readonly #limits: RunLimits;
  readonly #of: "session" | "run";
  #used: Used;

  constructor(of: "session" | "run", limits: RunLimits, used: Used) {
    this.#of = of;
    this.#limits = limits;
    this.#used = used;
  }

  get used(): Used {
    return this.#used;
  }

  get limits_money(): boolean {
    return this.#limits.max_usd !== undefined;
  }

  noteRequests(count: number): void {
    this.#used = { ...this.#used, requests: this.#used.requests + count };
  }

  /** `usd`: `null` where the price is not known. */
  spend(usage: TokenUsage, usd: number | null): void {
    const { cost_usd: before, ...used } = this.#used;
    const cost_usd = before === null || usd === null ? null : before + usd;
    this.#used = { ...used, usage: addUsage(used.usage, usage), cost_usd };
  }

  /** Why there may be no more requests. */
  get problem(): string | undefined {
    const { max_tokens, max_usd, max_turns } = this.#limits;
    const { usage, cost_usd, requests } = this.#used;
    const tokens = countedTokens(usage);
    if (max_turns !== undefined && requests >= max_turns) {
      return this.#reached(
        `has made ${requests} request${requests === 1 ? "" : "s"} to models`,
        "max_turns",
        max_turns,
      );
    }
    if (max_tokens !== undefined && tokens >= max_tokens) {
      return this.#reached(`has used ${tokens} tokens`, "max_tokens", max_tokens);
    }
    if (max_usd === undefined || (cost_usd !== null && cost_usd < max_usd)) return undefined;
    if (cost_usd !== null) return this.#reached(`has spent $${cost_usd.toFixed(4)}`, "max_usd", max_usd);
    const advice = "begin another session, or limit this run alone with --max-usd";
    return `max_usd is set, but this ${this.#of} used a model whose price is not known: ${advice}`;
  }

  #reached(what: string, name: "max_tokens" | "max_usd" | "max_turns", limit: number): string {
    const reason = `this ${this.#of} ${what} (${name} = ${limit})`;
    if (this.#of === "run") return `${reason}; to go on, resume the session`;
    return `${reason}; to go on, raise limits.${name}, or begin another session`;
  }
}
