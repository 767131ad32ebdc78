import { onAbort } from "./abort.js";

type Waiter = { readonly mode: "read" | "write"; readonly enter: () => void };

/**
 * Readers–writer gate, first come first served: readers run together, a writer alone.
 * Tool calls enter in call order, so a writer never overtakes and never starves.
 */
export class Gate {
  #readers = 0;
  #writing = false;
  #waiting: Waiter[] = [];

  /** Runs `work` inside. Rejects with the signal's reason when it aborts before the entry. */
  async run<T>(mode: "read" | "write", work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#enter(mode, signal);
    try {
      return await work();
    } finally {
      if (mode === "read") this.#readers -= 1;
      else this.#writing = false;
      this.#admit();
    }
  }

  #enter(mode: "read" | "write", signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        mode,
        enter: () => {
          listener[Symbol.dispose]();
          resolve();
        },
      };
      const listener = onAbort(signal, () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        reject(signal.reason);
        this.#admit();
      });
      this.#waiting.push(waiter);
      this.#admit();
    });
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#writing || (next.mode === "write" && this.#readers > 0)) return;
      this.#waiting.shift();
      if (next.mode === "read") this.#readers += 1;
      else this.#writing = true;
      next.enter();
    }
  }
}
