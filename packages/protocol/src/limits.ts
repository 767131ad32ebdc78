/**
 * What a session and all sub-agents below it may use together, from its first turn to its last, however often it is
 * resumed; absent: no limit. Held by the engine.
 */
export type Limits = {
  /** Input that was not cached, and output. */
  readonly max_tokens?: number;
  /** US dollars. A model whose price nobody knows is then refused. */
  readonly max_usd?: number;
  /** Requests to models. */
  readonly max_turns?: number;
  /** Commands that run at the same time. */
  readonly max_processes?: number;
  /** Bytes that commands print, over the whole session. */
  readonly max_output_bytes?: number;
  /** Sub-agents that are ever opened. */
  readonly max_agents?: number;
  /** 1: sub-agents open none of their own. */
  readonly max_agent_depth?: number;
};

/** Those that count what is used up, so that one run of a session may have limits of its own. */
export type RunLimits = Pick<Limits, "max_tokens" | "max_usd" | "max_turns">;

/** US dollars for a million tokens. */
export type Price = {
  readonly input: number;
  /** Input that the server had cached; absent: as `input`. */
  readonly cached_input?: number;
  readonly output: number;
};

/** By model. */
export type Prices = Readonly<Record<string, Price>>;
