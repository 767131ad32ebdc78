import { setMaxListeners } from "node:events";

/** A controller whose signal may have any number of listeners: many tool calls wait on one turn. */
export function createController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

/** Calls `listener` once when the signal aborts, at once if it already has. Dispose it in `finally` or with `using`. */
export function onAbort(signal: AbortSignal, listener: () => void): Disposable {
  if (signal.aborted) {
    listener();
    return { [Symbol.dispose]: () => undefined };
  }
  signal.addEventListener("abort", listener, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", listener) };
}

/** The promise, or the signal's reason as soon as it aborts. What the promise does after that is not heard. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => (stop = () => reject(signal.reason)));
  using _listener = onAbort(signal, () => stop());
  return await Promise.race([promise, aborted]);
}

/** Waits `ms` milliseconds; rejects with the signal's reason when it aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      listener[Symbol.dispose]();
      resolve();
    }, ms);
    const listener = onAbort(signal, () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/**
 * A child of `signal` that also aborts by itself after `ms` milliseconds. Dispose it: `AbortSignal.any` and
 * `AbortSignal.timeout` leak on Node 20, this does not.
 */
export function withTimeout(
  signal: AbortSignal,
  ms: number,
): Disposable & {
  readonly signal: AbortSignal;
  readonly expired: () => boolean;
} {
  const controller = createController();
  let expired = false;
  const timer = setTimeout(() => {
    expired = true;
    controller.abort(new Error(`timed out after ${ms} ms`));
  }, ms);
  const listener = onAbort(signal, () => controller.abort(signal.reason));
  return {
    signal: controller.signal,
    expired: () => expired,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      listener[Symbol.dispose]();
    },
  };
}

/** A controller that aborts with its parent. Dispose it when its owner ends. */
export function childController(parent: AbortSignal): Disposable & { readonly controller: AbortController } {
  const controller = createController();
  const listener = onAbort(parent, () => controller.abort(parent.reason));
  return { controller, [Symbol.dispose]: () => listener[Symbol.dispose]() };
}

/** Waits for all, then throws the first failure: nothing is left running behind an error. */
export async function settleAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}
