import type { Price, Prices, TokenUsage } from "@codex/protocol";

/**
 * List prices of OpenAI's API in US dollars for a million tokens, standard tier, as published at the end of 2025. Only
 * models whose price we know stand here; `[pricing."MODEL"]` in the configuration adds others and wins over these.
 */
export const LIST_PRICES: Prices = {
  "gpt-5.2": { input: 1.75, cached_input: 0.175, output: 14 },
  "gpt-5.1": { input: 1.25, cached_input: 0.125, output: 10 },
  "gpt-5.1-codex": { input: 1.25, cached_input: 0.125, output: 10 },
  "gpt-5.1-codex-max": { input: 1.25, cached_input: 0.125, output: 10 },
  "gpt-5.1-codex-mini": { input: 0.25, cached_input: 0.025, output: 2 },
  "gpt-5": { input: 1.25, cached_input: 0.125, output: 10 },
  "gpt-5-codex": { input: 1.25, cached_input: 0.125, output: 10 },
  "gpt-5-mini": { input: 0.25, cached_input: 0.025, output: 2 },
  "gpt-5-nano": { input: 0.05, cached_input: 0.005, output: 0.4 },
  "gpt-4.1": { input: 2, cached_input: 0.5, output: 8 },
  "gpt-4.1-mini": { input: 0.4, cached_input: 0.1, output: 1.6 },
  "gpt-4.1-nano": { input: 0.1, cached_input: 0.025, output: 0.4 },
  "gpt-4o": { input: 2.5, cached_input: 1.25, output: 10 },
  "gpt-4o-mini": { input: 0.15, cached_input: 0.075, output: 0.6 },
  o3: { input: 2, cached_input: 0.5, output: 8 },
  "o4-mini": { input: 1.1, cached_input: 0.275, output: 4.4 },
  "codex-mini-latest": { input: 1.5, cached_input: 0.375, output: 6 },
};

/** Of the model, or of the one that it is a dated version of. */
export function priceOf(prices: Prices, model: string): Price | undefined {
  for (const name of [model, model.replace(/-\d{4}-\d{2}-\d{2}$/, "")]) {
    if (Object.hasOwn(prices, name)) return prices[name];
  }
  return undefined;
}

/** US dollars; `null`: no price. */
export function costOf(price: Price | undefined, usage: TokenUsage): number | null {
  if (price === undefined) return null;
  const cached = Math.min(usage.cached_input_tokens, usage.input_tokens);
  const input = (usage.input_tokens - cached) * price.input + cached * (price.cached_input ?? price.input);
  return (input + usage.output_tokens * price.output) / 1_000_000;
}
