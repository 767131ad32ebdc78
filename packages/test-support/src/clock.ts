import { onAbort } from "@codex/common";
import type { Clock } from "@codex/protocol";

type Sleeper = { readonly until: number; readonly wake: () => void };

export type ManualClock = Clock & {
  /** Every sleep asked for, in milliseconds, in order. */
  readonly sleeps: readonly number[];
  /** Sleepers that have not woken. */
  readonly sleeping: number;
  /** Lets time pass; wakes whoever is due, earliest first. */
  advance(ms: number): void;
  /** Resolves when a sleep of at least `ms` has been asked for and has not ended. */
  asleep(ms?: number): Promise<void>;
};

export type ManualClockOptions = {
  /** Epoch milliseconds; default 2026-11-22T12:00:00Z. */
  readonly start?: number;
  /** Sleeps of at most this many milliseconds end at once, and time moves by them; default: none do. */
  readonly skip_up_to?: number;
};

/** Time that stands still until the test moves it. */
export function manualClock({
  start = Date.UTC(2026, 10, 22, 12),
  skip_up_to = -1,
}: ManualClockOptions = {}): ManualClock {
  let elapsed = 0;
  let sleepers: Sleeper[] = [];
  let waiting: (() => void)[] = [];
  const sleeps: number[] = [];

  const advance = (ms: number): void => {
    const target = elapsed + ms;
    for (;;) {
      const due = sleepers.filter(({ until }) => until <= target).sort((left, right) => left.until - right.until)[0];
      if (due === undefined) break;
      elapsed = Math.max(elapsed, due.until);
      due.wake();
    }
    elapsed = target;
  };

  const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      sleeps.push(ms);
      if (ms <= skip_up_to) {
        elapsed += ms;
        return setImmediate(resolve);
      }
      const sleeper: Sleeper = {
        until: elapsed + ms,
        wake: () => {
          sleepers = sleepers.filter((other) => other !== sleeper);
          listener[Symbol.dispose]();
          resolve();
        },
      };
      sleepers.push(sleeper);
      const listener = onAbort(signal, () => {
        sleepers = sleepers.filter((other) => other !== sleeper);
        reject(signal.reason);
      });
      for (const wake of waiting) wake();
      waiting = [];
    });

  return {
    now: () => start + elapsed,
    monotonic: () => elapsed,
    sleep,
    sleeps,
    get sleeping() {
      return sleepers.length;
    },
    advance,
    asleep: async (ms = 0) => {
      while (!sleepers.some(({ until }) => until - elapsed >= ms)) {
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
  };
}
