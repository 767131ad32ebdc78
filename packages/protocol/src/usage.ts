/** Tokens of one response, or summed over a session (core.md §1.4, §2.8). */
export type TokenUsage = {
  readonly input_tokens: number;
  readonly cached_input_tokens: number;
  readonly cache_write_input_tokens: number;
  readonly output_tokens: number;
  readonly reasoning_output_tokens: number;
  readonly total_tokens: number;
};

export const NO_USAGE: TokenUsage = {
  input_tokens: 0,
  cached_input_tokens: 0,
  cache_write_input_tokens: 0,
  output_tokens: 0,
  reasoning_output_tokens: 0,
  total_tokens: 0,
};

export function addUsage(left: TokenUsage, right: TokenUsage): TokenUsage {
  return {
    input_tokens: left.input_tokens + right.input_tokens,
    cached_input_tokens: left.cached_input_tokens + right.cached_input_tokens,
    cache_write_input_tokens: left.cache_write_input_tokens + right.cache_write_input_tokens,
    output_tokens: left.output_tokens + right.output_tokens,
    reasoning_output_tokens: left.reasoning_output_tokens + right.reasoning_output_tokens,
    total_tokens: left.total_tokens + right.total_tokens,
  };
}

/** Input that was not cached, and output: what people are shown as used, and what `max_tokens` limits. */
export function countedTokens({ input_tokens, cached_input_tokens, output_tokens }: TokenUsage): number {
  return Math.max(0, input_tokens - cached_input_tokens) + output_tokens;
}

/** What one model did in a turn. */
export type ModelUse = {
  readonly model: string;
  readonly requests: number;
  readonly usage: TokenUsage;
  /** US dollars; `null`: its price is not known. */
  readonly cost_usd: number | null;
};

/** What one tool did in a turn. */
export type ToolUse = {
  readonly tool: string;
  readonly calls: number;
  readonly failed: number;
  /** Of what it gave; the model may get to read less. */
  readonly output_bytes: number;
  /** Milliseconds. */
  readonly duration_ms: number;
};

export type TokenUsageInfo = {
  readonly total_token_usage: TokenUsage;
  readonly last_token_usage: TokenUsage;
  readonly model_context_window: number | null;
};

export type RateLimitWindow = {
  readonly used_percent: number;
  readonly window_minutes: number | null;
  /** Epoch seconds. */
  readonly resets_at: number | null;
};

/** core.md §2.7 */
export type RateLimitSnapshot = {
  readonly limit_id: string | null;
  readonly limit_name: string | null;
  readonly primary: RateLimitWindow | null;
  readonly secondary: RateLimitWindow | null;
  readonly credits: {
    readonly has_credits: boolean;
    readonly unlimited: boolean;
    readonly balance: string | null;
  } | null;
  readonly plan_type: string | null;
};
