import { fieldsOf, numberOf } from "@codex/common";
import type { Fields } from "@codex/common";
import type { TokenUsage } from "@codex/protocol";

/** Tokens as the wire or a recording tells them; what is missing is zero (live.md §1.3). */
export function decodeUsage(usage: Fields): TokenUsage {
  const input = fieldsOf(usage["input_tokens_details"]);
  const output = fieldsOf(usage["output_tokens_details"]);
  const tokens = (...candidates: readonly unknown[]): number => candidates.map(numberOf).find(isKnown) ?? 0;
  const input_tokens = tokens(usage["input_tokens"]);
  const output_tokens = tokens(usage["output_tokens"]);
  return {
    input_tokens,
    cached_input_tokens: tokens(input["cached_tokens"], usage["cached_input_tokens"]),
    cache_write_input_tokens: tokens(input["cache_write_tokens"], usage["cache_write_input_tokens"]),
    output_tokens,
    reasoning_output_tokens: tokens(output["reasoning_tokens"], usage["reasoning_output_tokens"]),
    total_tokens: tokens(usage["total_tokens"], input_tokens + output_tokens),
  };
}

function isKnown(value: number | undefined): value is number {
  return value !== undefined;
}
