import type { Limits, Prices, RunLimits, TokenUsage } from "@codex/protocol";
import { NO_USAGE } from "@codex/protocol";
import { CodexError } from "@codex/common";
import { Meter } from "./meter.js";
import { costOf, priceOf } from "./prices.js";
import type { Spent, SpentBefore } from "./spent.js";
import { NOTHING_SPENT } from "./spent.js";

export type BudgetOptions = {
  /** Over the life of the session. */
  readonly limits: Limits;
  /** From now on. */
  readonly run_limits: RunLimits;
  readonly prices: Prices;
  /** What the session used when it was open before. */
  readonly before?: SpentBefore;
  /** Called with the total after each change, so that it can be found again. */
  record(total: Spent): void;
};

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
  readonly #session: Meter;
  readonly #run: Meter;
  readonly #record: BudgetOptions["record"];
  #processes = 0;
  #output_bytes: number;
  #agents: number;
  #refusals = 0;
  #stopped: string | undefined;

  constructor({ limits, run_limits, prices, before, record }: BudgetOptions, above?: Budget) {
    const { spent, unpriced } = before ?? { spent: NOTHING_SPENT, unpriced: [] };
    this.#above = above;
    this.#root = above === undefined ? this : above.#root;
    // where nobody says how many, it is so many each time that the session is opened
    this.#limits = { ...DEFAULTS, max_agents: spent.agents + DEFAULTS.max_agents, ...limits };
    this.#prices = prices;
    this.#session = new Meter("session", limits, spent);
    this.#run = new Meter("run", run_limits, NOTHING_SPENT);
    this.#record = record;
    this.#output_bytes = spent.output_bytes;
    this.#agents = spent.agents;
    for (const { model, requests, usage } of unpriced) {
      this.#session.noteRequests(requests);
      this.#session.spend(usage, this.price(model, usage));
    }
  }

  /** Over the life of the session. */
  get spent(): Spent {
    return { ...this.#session.used, agents: this.#agents, output_bytes: this.#output_bytes };
  }

  /** US dollars; `null`: the price of the model is not known. */
  price(model: string, usage: TokenUsage): number | null {
    return costOf(priceOf(this.#prices, model), usage);
  }

  /** Before a request: what runs already may still add to what is used. Throws `limit_reached`. */
  request(model: string): void {
    this.#root.#demandRoom(model);
    for (let node: Budget | undefined = this; node !== undefined; node = node.#above) {
      node.#session.noteRequests(1);
      node.#run.noteRequests(1);
    }
  }

  /** `usd`: `null` where the price is not known. */
  spend(usage: TokenUsage, usd: number | null): void {
    this.#session.spend(usage, usd);
    this.#run.spend(usage, usd);
    this.#record(this.spent);
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
    if (this.#stopped !== undefined) throw limitReached(this.#stopped);
    const limits_money = this.#session.limits_money || this.#run.limits_money;
    if (limits_money && this.price(model, NO_USAGE) === null) {
      const advice = `set input and output of [pricing.${JSON.stringify(model)}], in US dollars for a million tokens`;
      throw limitReached(`max_usd is set, but what the model ${model} costs is not known: ${advice}`);
    }
    const problem = this.#session.problem ?? this.#run.problem;
    if (problem !== undefined) throw limitReached(problem);
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
