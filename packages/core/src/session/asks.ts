import type { Asks, EventMsg, ReviewDecision, UserInputResponse } from "@codex/protocol";
import { onAbort } from "@codex/common";

/** Questions that wait for one kind of answer, by the key that the answer carries. */
class Pending<Answer> {
  readonly #open = new Map<string, (answer: Answer) => void>();

  /** Rejects with the signal's reason when it aborts. A second question with the key replaces the first. */
  wait(key: string, signal: AbortSignal): Promise<Answer> {
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
  resolve(key: string, answer: Answer): boolean {
    const open = this.#open.get(key);
    open?.(answer);
    return open !== undefined;
  }
}

/** Open questions to the person. */
export class OpenAsks {
  readonly approvals = new Pending<ReviewDecision>();
  readonly inputs = new Pending<UserInputResponse>();

  /** Waits under the key of core.md §1.7: the approval or its call, and for input the turn. */
  readonly #waits: { [K in keyof Asks]: (question: Asks[K]["question"], signal: AbortSignal) => Answered<K> } = {
    exec_approval: (question, signal) => this.approvals.wait(question.approval_id ?? question.call_id, signal),
    patch_approval: (question, signal) => this.approvals.wait(question.call_id, signal),
    user_input: (question, signal) => this.inputs.wait(question.turn_id, signal),
  };

  wait<K extends keyof Asks>(kind: K, question: Asks[K]["question"], signal: AbortSignal): Answered<K> {
    return this.#waits[kind](question, signal);
  }
}

type Answered<K extends keyof Asks> = Promise<Asks[K]["answer"]>;

/** The event that carries a question to the face. */
export function askEvent<K extends keyof Asks>(kind: K, question: Asks[K]["question"]): EventMsg {
  return EVENTS[kind](question);
}

const EVENTS: { readonly [K in keyof Asks]: (question: Asks[K]["question"]) => EventMsg } = {
  exec_approval: (question) => ({ type: "exec_approval_request", ...question }),
  patch_approval: (question) => ({ type: "apply_patch_approval_request", ...question }),
  user_input: (question) => ({ type: "request_user_input", ...question }),
};
