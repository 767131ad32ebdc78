import { fieldsOf, isFields, numberOf } from "@codex/common";
import type { TokenUsage, TokenUsageInfo } from "@codex/protocol";

/** The `info` of a `token_count` event; `undefined`: it holds none (rollout-live.md §3.6). */
export function decodeTokens(info: unknown): TokenUsageInfo | undefined {
  if (!isFields(info)) return undefined;
  return {
    total_token_usage: decodeUsage(info["total_token_usage"]),
    last_token_usage: decodeUsage(info["last_token_usage"]),
    model_context_window: numberOf(info["model_context_window"]) ?? null,
  };
}

export function decodeUsage(value: unknown): TokenUsage {
  const usage = fieldsOf(value);
  const count = (name: keyof TokenUsage): number => numberOf(usage[name]) ?? 0;
  return {
    input_tokens: count("input_tokens"),
    cached_input_tokens: count("cached_input_tokens"),
    cache_write_input_tokens: count("cache_write_input_tokens"),
    output_tokens: count("output_tokens"),
    reasoning_output_tokens: count("reasoning_output_tokens"),
    total_tokens: count("total_tokens"),
  };
}
