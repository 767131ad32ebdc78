/** Says once why commands have to wait: in a large folder the first look takes long. */
export class Patience {
  readonly #ms: number;
  readonly #tell: (message: string) => void;
  #is_told = false;

  /** `ms`: how long a person waits without a word. */
  constructor(ms: number, tell: (message: string) => void) {
    this.#ms = ms;
    this.#tell = tell;
  }

  async wait(work: Promise<void>): Promise<void> {
    if (this.#is_told) return work;
    // in real time: a replay skips the waits of a clock, and nobody waits there
    const timer = setTimeout(() => {
      this.#is_told = true;
      this.#tell("the folder is looked at for undo, which takes long; undo.enabled = false does without");
    }, this.#ms);
    try {
      await work;
    } finally {
      clearTimeout(timer);
    }
  }
}
