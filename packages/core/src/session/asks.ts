import type { Asks, CallId } from "@codex/protocol";
import { onAbort } from "@codex/common";

/** Open questions to the human: one map, whatever the kind. */
export class OpenAsks {
  readonly #open = new Map<string, (answer: Asks[keyof Asks]["answer"]) => void>();

  /** Rejects with the signal's reason when it aborts. A second question with the key replaces the first. */
  wait(key: string, signal: AbortSignal): Promise<Asks[keyof Asks]["answer"]> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const listener = onAbort(signal, () => {
        this.#open.delete(key);
        reject(signal.reason);
      });
      this.#open.set(key, (answer) => {
        listener[Symbol.dispose]();
        this.#open.delete(key);
        resolve(answer);
      });
    });
  }

  /** False when nobody asked, or no longer. */
  resolve(key: string, answer: Asks[keyof Asks]["answer"]): boolean {
    const open = this.#open.get(key);
    open?.(answer);
    return open !== undefined;
  }
}

/** The key an answer carries (core.md §1.7). */
export function askKey(question: { readonly call_id: CallId; readonly approval_id?: string }): string {
  return question.approval_id ?? question.call_id;
}
