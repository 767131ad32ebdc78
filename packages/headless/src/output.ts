/** What is needed of a stream; `process.stdout` and `process.stderr` are such. */
export interface Writer {
  readonly isTTY?: boolean | undefined;
  /** `done` is called when the text has left the process, or with the error that kept it here. */
  write(text: string, done: (error?: Error | null) => void): boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** A writer that waits for a slow reader and keeps quiet about one that has gone. */
export class Output {
  readonly isTTY: boolean;
  readonly #writer: Writer;
  readonly #gone = new AbortController();

  constructor(writer: Writer) {
    this.#writer = writer;
    this.isTTY = writer.isTTY === true;
    writer.on("error", (error) => this.#gone.abort(error));
  }

  /** Aborts when nothing more can be written; the reason is the stream's error (`EPIPE`: the reader left). */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Settles when the text is written, or cannot be. Never rejects. */
  async write(text: string): Promise<void> {
    if (text === "" || this.gone.aborted) return;
    await new Promise<void>((resolve) => {
      this.#writer.write(text, (error) => {
        if (error !== undefined && error !== null) this.#gone.abort(error);
        resolve();
      });
    });
  }
}
