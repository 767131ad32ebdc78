import type { SessionId, ThreadEvent } from "@codex/protocol";
import { Output, type Writer } from "./output.js";

/**
 * `thread.started` of a session that is still being opened, so that a reader knows at once whose stream this is. If
 * opening fails after that, the stream ends with an `error` line.
 */
export class ThreadLine {
  readonly output: Output;
  #told: SessionId | undefined;
  #known: SessionId | undefined;
  #is_free = false;

  /** `ready`: the run's own input; until it is there, and if it rejects, nothing is told. */
  constructor(stdout: Writer, ready: Promise<unknown>) {
    this.output = new Output(stdout);
    ready.then(
      () => {
        this.#is_free = true;
        this.#tell();
      },
      () => undefined,
    );
  }

  /** Whose line is written, if it is. */
  get told(): SessionId | undefined {
    return this.#told;
  }

  /** Written at once where the input is there: what comes next keeps the process busy. */
  tell(id: SessionId): void {
    this.#known = id;
    this.#tell();
  }

  /** Nothing is written where nothing was told. */
  async fail(message: string): Promise<void> {
    this.#known = undefined;
    if (this.#told !== undefined) await this.output.write(jsonLine({ type: "error", message }));
  }

  #tell(): void {
    if (!this.#is_free || this.#known === undefined || this.#told !== undefined) return;
    this.#told = this.#known;
    void this.output.write(jsonLine({ type: "thread.started", thread_id: this.#told }));
  }
}

export function jsonLine(event: ThreadEvent): string {
  return `${JSON.stringify(event)}\n`;
}
