import type { Writer } from "../src/output.js";

/** A writer that keeps what it gets. */
export class MemoryWriter implements Writer {
  readonly isTTY: boolean;
  text = "";

  constructor({ isTTY = false } = {}) {
    this.isTTY = isTTY;
  }

  write(text: string, done: () => void): boolean {
    this.text += text;
    done();
    return true;
  }

  on(): this {
    return this;
  }
}

/** A writer whose reader went away after `lines` writes. */
export class BrokenWriter implements Writer {
  readonly isTTY = false;
  #left: number;
  readonly #code: string;

  constructor(left: number, code = "EPIPE") {
    this.#left = left;
    this.#code = code;
  }

  write(_text: string, done: (error?: Error) => void): boolean {
    this.#left -= 1;
    done(this.#left < 0 ? Object.assign(new Error(`write ${this.#code}`), { code: this.#code }) : undefined);
    return true;
  }

  on(): this {
    return this;
  }
}
