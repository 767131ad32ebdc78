import { onAbort } from "./abort.js";

/**
 * The one channel: many producers, one consumer, unbounded on purpose (whoever puts output in bounds it first).
 * `close` lets the consumer drain what is left, then ends, or throws the given error. Leaving the loop closes it.
 */
export class Queue<T> implements AsyncIterable<T> {
  #items: T[] = [];
  #head = 0;
  #closed = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;
  #consumed = false;
  /** Called when an item was taken, while somebody waits for that. */
  #taken: (() => void) | undefined;

  /** False once closed. */
  push(item: T): boolean {
    if (this.#closed) return false;
    this.#items.push(item);
    this.#signal();
    return true;
  }

  /** What was pushed last; `undefined`: nothing waits. */
  get last(): T | undefined {
    return this.size === 0 ? undefined : this.#items.at(-1);
  }

  /** Puts an item in the place of `last`. */
  amend(item: T): void {
    if (this.size > 0) this.#items[this.#items.length - 1] = item;
  }

  close(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#error = error;
    this.#signal();
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Waits until fewer than `count` items wait, or nobody takes them any more. Rejects with the signal's reason. */
  async below(count: number, signal: AbortSignal): Promise<void> {
    while (this.size >= count) {
      signal.throwIfAborted();
      const taken = new Promise<void>((resolve) => (this.#taken = resolve));
      using _abort = onAbort(signal, () => this.#taken?.());
      await taken;
    }
  }

  /** The next item at once, or `undefined` when there is none. */
  take(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#head += 1;
    this.#taken?.();
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    if (this.#consumed) throw new TypeError("a queue has one consumer");
    this.#consumed = true;
    try {
      while (this.size > 0 || !this.#closed) {
        if (this.size === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
        const item = this.take();
        if (item !== undefined) yield item;
      }
      if (this.#error !== undefined) throw this.#error;
    } finally {
      this.#closed = true;
      this.#items = [];
      this.#head = 0;
      this.#taken?.();
    }
  }

  #signal(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
