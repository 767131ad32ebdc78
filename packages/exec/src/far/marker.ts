/** Bytes before the marker that are thrown away as noise; past them everything is let through. */
const MOST_NOISE = 1024 * 1024;

/**
 * Takes away what a stream says before the line that holds the id, and that line (`script.ts`). `noise` is what it
 * was, for when the line never comes.
 */
export class MarkerFilter {
  readonly #id: Buffer;
  #held: Buffer = Buffer.alloc(0);
  #is_open = false;

  constructor(id: string) {
    this.#id = Buffer.from(id);
  }

  get hasBegun(): boolean {
    return this.#is_open;
  }

  get noise(): string {
    return this.#held.toString();
  }

  /** What of it belongs to the command. */
  push(data: Uint8Array): Uint8Array {
    if (this.#is_open) return data;
    this.#held = Buffer.concat([this.#held, data]);
    const at = this.#held.indexOf(this.#id);
    const end = at < 0 ? -1 : this.#held.indexOf("\n", at);
    if (end < 0 && this.#held.length < MOST_NOISE) return new Uint8Array(0);
    const rest = this.#held.subarray(end + 1);
    this.#held = Buffer.alloc(0);
    this.#is_open = true;
    return new Uint8Array(rest);
  }
}

/**
 * Takes what the runner says about a failed start, which comes after the marker and instead of anything else:
 * `ID!` and the text, to the end of the stream.
 */
export class FailureFilter {
  readonly #mark: Buffer;
  #held: Buffer = Buffer.alloc(0);
  #state: "unknown" | "output" | "failure" = "unknown";

  constructor(id: string) {
    this.#mark = Buffer.from(`${id}!`);
  }

  /** Why the command could not be started; known at the end of the stream. `undefined`: it was. */
  get said(): string | undefined {
    return this.#state === "failure" ? this.#held.subarray(this.#mark.length).toString() : undefined;
  }

  push(data: Uint8Array): Uint8Array {
    if (this.#state === "output") return data;
    this.#held = Buffer.concat([this.#held, data]);
    const size = Math.min(this.#held.length, this.#mark.length);
    if (this.#held.subarray(0, size).equals(this.#mark.subarray(0, size))) {
      if (size === this.#mark.length) this.#state = "failure";
      return new Uint8Array(0);
    }
    return this.end();
  }

  /** What was held back and is output after all. */
  end(): Uint8Array {
    if (this.#state === "failure") return new Uint8Array(0);
    this.#state = "output";
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    return new Uint8Array(rest);
  }
}
