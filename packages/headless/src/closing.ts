import { onAbort } from "@codex/common";
import type { EventMsg, SessionHandle } from "@codex/protocol";
import { shellJoin } from "./quote.js";
import type { TurnEnd } from "./view.js";

export type ClosingOptions = {
  readonly session: SessionHandle;
  /** Milliseconds that commands may run on after a completed turn. */
  readonly waitMs: number;
  /** Told of the commands that are about to be ended. */
  readonly name: (commands: readonly string[]) => void;
};

/**
 * From the end of a turn to the shutdown of its session. Commands may outlive the turn that started them: they are
 * waited for, then named and ended; the signal ends the wait.
 */
export class Closing implements Disposable {
  readonly #options: ClosingOptions;
  readonly #signal: AbortSignal;
  /** Commands that have begun and not ended, by call. */
  readonly #running = new Map<string, string>();
  #wait: Disposable | undefined;
  #end: TurnEnd | undefined;

  constructor(options: ClosingOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /** To be called with every event. */
  note(message: EventMsg): void {
    if (message.type === "exec_command_begin") this.#running.set(message.call_id, shellJoin(message.command));
    if (message.type !== "exec_command_end") return;
    this.#running.delete(message.call_id);
    if (this.#wait !== undefined && this.#running.size === 0) this.#shutDown();
  }

  /** The turn has ended. */
  begin(end: TurnEnd): void {
    this.#end = end;
    if (end.type !== "completed" || this.#running.size === 0) return this.#shutDown();
    if (this.#signal.aborted) return this.#shutDown();
    const timer = setTimeout(() => this.#shutDown(), this.#options.waitMs);
    const listener = onAbort(this.#signal, () => this.#shutDown());
    this.#wait = {
      [Symbol.dispose]() {
        clearTimeout(timer);
        listener[Symbol.dispose]();
      },
    };
  }

  #shutDown(): void {
    this[Symbol.dispose]();
    const { session, name } = this.#options;
    // whoever interrupts a run knows that its commands end
    if (this.#running.size > 0 && this.#end?.type !== "interrupted") {
      name([...this.#running.values()]);
      // ended now, their ends are still told
      session.submit({ type: "clean_background_terminals" });
    }
    session.submit({ type: "shutdown" });
  }

  [Symbol.dispose](): void {
    this.#wait?.[Symbol.dispose]();
    this.#wait = undefined;
  }
}
