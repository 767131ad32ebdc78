/** Delay before the next attempt, in milliseconds: 200 × 2^(attempt−1), ±10 % (core.md §2.6, A.2). `attempt` ≥ 1. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  return 200 * 2 ** (attempt - 1) * (0.9 + 0.2 * random());
}
