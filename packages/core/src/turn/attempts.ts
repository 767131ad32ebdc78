import type { TurnContext } from "@codex/protocol";
import type { TurnPowers } from "./powers.js";
import { announceRetry, retryDelay } from "./retry.js";

/** Tries until it succeeds or the provider's retries are used up. Each attempt starts from the current history. */
export async function withRetries<T>(
  turn: TurnContext,
  powers: Pick<TurnPowers, "clock">,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let count = 0; ; count += 1) {
    turn.signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      turn.signal.throwIfAborted();
      const delay = retryDelay(error, count, turn.model);
      if (delay === undefined) throw error;
      announceRetry(error, count, delay, turn);
      await powers.clock.sleep(delay, turn.signal);
    }
  }
}
