import { childController } from "@codex/common";
import type { Clock } from "@codex/protocol";

/** Aborts its signal when nothing was heard for a while; also when the parent aborts. Dispose it. */
export type IdleWatch = Disposable & {
  readonly signal: AbortSignal;
  readonly expired: boolean;
  /** Something was heard. */
  heard(): void;
  /** From now on silence may last this many milliseconds, and counts from now. */
  limit(ms: number): void;
};

/** Given to a nap that is over: a signal that aborts without a reason makes one with a stack, for each request. */
const WOKEN = new Error("the nap is over");

/** One sleeping timer, however many events arrive. */
export function watchIdle(clock: Clock, ms: number, parent: AbortSignal): IdleWatch {
  const child = childController(parent);
  const { controller } = child;
  let limit = ms;
  let last = clock.monotonic();
  let expired = false;
  let nap = new AbortController();
  const sleepUntilSilent = async (): Promise<void> => {
    for (;;) {
      const left = last + limit - clock.monotonic();
      if (left <= 0) break;
      await clock.sleep(left, nap.signal);
    }
    expired = true;
    controller.abort(new Error("idle"));
  };
  const start = (): void => {
    const { signal } = nap;
    sleepUntilSilent().catch((error: unknown) => {
      if (!signal.aborted) controller.abort(error);
    });
  };
  start();
  return {
    signal: controller.signal,
    get expired() {
      return expired;
    },
    heard: () => {
      last = clock.monotonic();
    },
    limit: (next) => {
      limit = next;
      last = clock.monotonic();
      nap.abort(WOKEN);
      nap = new AbortController();
      start();
    },
    [Symbol.dispose]: () => {
      nap.abort(WOKEN);
      child[Symbol.dispose]();
    },
  };
}
