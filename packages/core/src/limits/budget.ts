import type { Limits, Prices, TokenUsage } from "@codex/protocol";
import { addUsage, countedTokens, NO_USAGE } from "@codex/protocol";
import { CodexError } from "@codex/common";
import { costOf, priceOf } from "./prices.js";

export type BudgetOptions = { readonly limits: Limits; readonly prices: Prices };

/** Refusals that a model may read before the turn ends: it would ask for the same for ever. */
const PATIENCE = 5;

/** Sub-agents where nobody says how many. */
const DEFAULTS = { max_agents: 16, max_agent_depth: 1 } as const satisfies Limits;

/**
 * What a session and the sessions below it have used, and whether they may use more. Limits belong to the one at the
 * top; what is spent below counts all the way up. Nothing here is asked of a model: the engine asks before it acts.
 */
export class Budget {
  readonly #above: Budget | undefined;
  readonly #root: Budget;
  readonly #limits: Limits;
  readonly #prices: Prices;
  #usage: TokenUsage = NO_USAGE;
  #cost_usd: number | null = 0;
  #requests = 0;
  #processes = 0;
  #output_bytes = 0;
  #agents = 0;
  #refusals = 0;
  #stopped: string | undefined;

  constructor(options: BudgetOptions, above?: Budget) {
    this.#above = above;
    this.#root = above === undefined ? this : above.#root;
    this.#limits = { ...DEFAULTS, ...options.limits };
    this.#prices = options.prices;
  }

  get spent(): { readonly usage: TokenUsage; readonly cost_usd: number | null } {
    return { usage: this.#usage, cost_usd: this.#cost_usd };
  }

  /** US dollars; `null`: the price of the model is not known. */
  price(model: string, usage: TokenUsage): number | null {
    return costOf(priceOf(this.#prices, model), usage);
  }

  /** Before a request: what runs already may still add to what is used. Throws `limit_reached`. */
  request(model: string): void {
    this.#root.#demandRoom(model);
    for (let node: Budget | undefined = this; node !== undefined; node = node.#above) node.#requests += 1;
  }

  /** `usd`: `null` where the price is not known. */
  spend(usage: TokenUsage, usd: number | null): void {
    this.#usage = addUsage(this.#usage, usage);
    this.#cost_usd = this.#cost_usd === null || usd === null ? null : this.#cost_usd + usd;
    this.#above?.spend(usage, usd);
  }

  /** Before a session is opened `depth` below the top. Throws `limit_reached`. */
  openAgent(depth: number): void {
    const root = this.#root;
    const { max_agents, max_agent_depth } = root.#limits;
    if (max_agent_depth !== undefined && depth > max_agent_depth) {
      throw root.#refuse(`sub-agents may not open sub-agents of their own here (max_agent_depth = ${max_agent_depth})`);
    }
    if (max_agents !== undefined && root.#agents >= max_agents) {
      throw root.#refuse(`no more sub-agents may be opened (max_agents = ${max_agents}): go on with those there are`);
    }
    root.#agents += 1;
  }

  /** Before a command starts. Dispose it when it has ended; what is wrong, when it may not start. */
  startProcess(): Disposable | { readonly problem: string } {
    const root = this.#root;
    const { max_processes, max_output_bytes } = root.#limits;
    if (max_processes !== undefined && root.#processes >= max_processes) {
      const problem = `${root.#processes} commands are running, and no more may (max_processes = ${max_processes})`;
      return { problem: root.#refuse(`${problem}: wait for one to end, or end it`).message };
    }
    if (max_output_bytes !== undefined && root.#output_bytes > max_output_bytes) {
      return { problem: root.#refuse(outputProblem(max_output_bytes)).message };
    }
    root.#processes += 1;
    let is_running = true;
    return {
      [Symbol.dispose]: () => {
        if (is_running) root.#processes -= 1;
        is_running = false;
      },
    };
  }

  /** Somebody has to say what commands print. */
  get limits_output(): boolean {
    return this.#root.#limits.max_output_bytes !== undefined;
  }

  /** A command printed so much. False: that was too much. */
  print(bytes: number): boolean {
    const root = this.#root;
    const { max_output_bytes } = root.#limits;
    root.#output_bytes += bytes;
    if (max_output_bytes === undefined || root.#output_bytes <= max_output_bytes) return true;
    root.#stopped ??= outputProblem(max_output_bytes);
    return false;
  }

  #demandRoom(model: string): void {
    const { max_tokens, max_usd, max_turns } = this.#limits;
    if (this.#stopped !== undefined) throw limitReached(this.#stopped);
    if (max_turns !== undefined && this.#requests >= max_turns) {
      throw limitReached(`${this.#requests} requests were made to models (max_turns = ${max_turns})`);
    }
    const used = countedTokens(this.#usage);
    if (max_tokens !== undefined && used >= max_tokens) {
      throw limitReached(`${used} tokens are used (max_tokens = ${max_tokens})`);
    }
    if (max_usd === undefined) return;
    if (this.price(model, NO_USAGE) === null || this.#cost_usd === null) {
      const advice = `set input and output of [pricing.${JSON.stringify(model)}], in US dollars for a million tokens`;
      throw limitReached(`max_usd is set, but what the model ${model} costs is not known: ${advice}`);
    }
    if (this.#cost_usd >= max_usd) {
      throw limitReached(`$${this.#cost_usd.toFixed(4)} are spent (max_usd = ${max_usd})`);
    }
  }

  /** The model is told; one that does not listen is stopped at its next request. */
  #refuse(problem: string): CodexError<"limit_reached"> {
    this.#refusals += 1;
    if (this.#refusals >= PATIENCE) this.#stopped ??= `${problem}; it was tried ${this.#refusals} times`;
    return limitReached(problem);
  }
}

function outputProblem(max_output_bytes: number): string {
  return `commands have printed more than they may (max_output_bytes = ${max_output_bytes})`;
}

function limitReached(problem: string): CodexError<"limit_reached"> {
  return new CodexError("limit_reached", `limit reached: ${problem}`);
}
