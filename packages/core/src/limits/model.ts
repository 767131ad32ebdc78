import type { ModelClient, Prompt, ResponseItem, TokenUsage } from "@codex/protocol";
import { NO_USAGE } from "@codex/protocol";
import { historyTokens } from "../prompt/tokens.js";
import { estimateTokens } from "../prompt/truncate.js";
import type { Budget } from "./budget.js";
import type { Tally } from "./tally.js";

/**
 * A client that asks the budget before each request, whoever makes it, and tells it what the answer cost. A server
 * that reports no usage, or a stream that breaks, is charged by estimate: else either would make every limit void.
 */
export function budgetedClient(client: ModelClient, budget: Budget, tally: Tally): ModelClient {
  const { slug } = client.info;
  const charge = (usage: TokenUsage): void => {
    const usd = budget.price(slug, usage);
    budget.spend(usage, usd);
    tally.noteUsage(slug, usage, usd);
  };
  return {
    info: client.info,
    max_retries: client.max_retries,
    async *stream(prompt, signal) {
      budget.request(slug);
      tally.noteRequest(slug);
      let usage: TokenUsage | undefined;
      const answer: ResponseItem[] = [];
      let has_answered = false;
      try {
        for await (const event of client.stream(prompt, signal)) {
          has_answered ||= event.type !== "rate_limits";
          if (event.type === "item_done") answer.push(event.item);
          if (event.type === "completed") usage = event.usage;
          yield event;
        }
      } finally {
        if (has_answered) usage ??= estimated(prompt, answer);
        if (usage !== undefined) charge(usage);
      }
    },
  };
}

function estimated(prompt: Prompt, answer: readonly ResponseItem[]): TokenUsage {
  const instructions = estimateTokens(Buffer.byteLength(prompt.instructions));
  const input_tokens = instructions + historyTokens(prompt.input);
  const output_tokens = historyTokens(answer);
  return { ...NO_USAGE, input_tokens, output_tokens, total_tokens: input_tokens + output_tokens };
}
