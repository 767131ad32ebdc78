import type { MessageItem, TruncationPolicy } from "@codex/protocol";
import { childController, settleAll } from "@codex/common";
import type { PersonCommand } from "../turn/kinds/shell.js";
import { runUserShell } from "../turn/kinds/shell.js";

/** Commands of the person that run beside a turn, or outlive the one they were started in (core.md §1.9). */
export class UserShells {
  readonly #running = new Map<AbortController, Promise<void>>();

  /** `onResult` is called with what the model is to be told, however the command ended. */
  start(command: PersonCommand, onResult: (result: MessageItem) => void): void {
    const child = childController(command.scope.signal);
    const done = runUserShell(command, child.controller.signal).then((result) => {
      child[Symbol.dispose]();
      this.#running.delete(child.controller);
      onResult(result);
    });
    this.#running.set(child.controller, done);
  }

  get isIdle(): boolean {
    return this.#running.size === 0;
  }

  /** Settles when all have ended and were told. */
  async stop(): Promise<void> {
    for (const controller of this.#running.keys()) controller.abort(new Error("stopped by the user"));
    await settleAll([...this.#running.values()]);
  }
}

/** An item that is its own measure: its text was cut already. */
export const WHOLE: TruncationPolicy = { mode: "bytes", limit: Number.MAX_SAFE_INTEGER };
