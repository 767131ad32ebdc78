import type { Clock } from "@codex/protocol";
import { childController, CodexError } from "@codex/common";

/** Milliseconds after which a person wants to know what is waited for. */
const LONG_MS = 5000;

export type PatienceOptions = { readonly clock: Clock; onTrouble(message: string): void };

/** Says once why commands have to wait: in a large folder the first look takes long. */
export class Patience {
  readonly #options: PatienceOptions;
  #is_told = false;

  constructor(options: PatienceOptions) {
    this.#options = options;
  }

  async wait(work: Promise<void>, signal: AbortSignal): Promise<void> {
    if (this.#is_told) return work;
    const nap = childController(signal);
    const { clock, onTrouble } = this.#options;
    const tell = (): void => {
      this.#is_told = true;
      onTrouble("the folder is looked at for undo, which takes long; undo.enabled = false does without");
    };
    clock.sleep(LONG_MS, nap.controller.signal).then(tell, () => undefined);
    try {
      await work;
    } finally {
      nap.controller.abort(OVER);
      nap[Symbol.dispose]();
    }
  }
}

const OVER = new CodexError("internal", "the wait is over");
