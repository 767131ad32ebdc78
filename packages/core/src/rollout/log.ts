import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import path from "node:path";
import type { Clock, HistoryMode, RolloutItem, RolloutLine, SessionLog } from "@codex/protocol";
import { CodexError, fieldsOf, messageOf } from "@codex/common";
import type { Tail } from "./scan.js";

type LogParts = {
  /** Absolute. */
  readonly path: string;
  readonly clock: Clock;
  /** Where the file stands. */
  readonly tail: Tail;
  readonly lock: Disposable;
  /** `created`: made with the first user message; lines before it wait in memory. */
  readonly file: "created" | "existing";
};

/** Append-only JSON lines, one write each. */
export class RolloutLog implements SessionLog {
  readonly #parts: LogParts;
  #waiting: string[] = [];
  #descriptor: number | undefined;
  /** Set by the first failure, which is told; what follows is not kept. */
  #broken = false;

  constructor(parts: LogParts) {
    this.#parts = parts;
  }

  get path(): string {
    return this.#parts.path;
  }

  get mode(): HistoryMode {
    return this.#parts.tail.mode;
  }

  append(item: RolloutItem): void {
    this.appendCopy({ timestamp: new Date(this.#parts.clock.now()).toISOString(), ...item });
  }

  appendCopy(record: RolloutLine): void {
    if (this.#broken) return;
    const line = this.#line(record);
    if (this.#descriptor !== undefined) return this.#write(line);
    this.#waiting.push(line);
    if (this.#parts.file === "created" && !isUserMessage(record)) return;
    this.#descriptor = this.#open();
    // somebody died in the middle of the last line: it stays torn, and ours begins on its own
    const start = this.#parts.tail.ends_with_newline ? "" : "\n";
    this.#write(start + this.#waiting.join(""));
    this.#waiting = [];
  }

  close(): Promise<void> {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    this.#broken = true;
    this.#parts.lock[Symbol.dispose]();
    return Promise.resolve();
  }

  #line({ timestamp, type, payload }: RolloutLine): string {
    const { tail } = this.#parts;
    if (tail.mode === "legacy") return `${JSON.stringify({ timestamp, type, payload })}\n`;
    const ordinal = tail.next_ordinal;
    tail.next_ordinal += 1;
    return `${JSON.stringify({ timestamp, ordinal, type, payload })}\n`;
  }

  #open(): number {
    try {
      mkdirSync(path.dirname(this.path), { recursive: true });
      return openSync(this.path, this.#parts.file === "created" ? "ax" : "a");
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #write(text: string): void {
    try {
      const bytes = Buffer.from(text, "utf8");
      for (let at = 0; at < bytes.length;) at += writeSync(this.#descriptor ?? -1, bytes, at);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #failure(error: unknown): CodexError<"file_error"> {
    this.#broken = true;
    const text = `the session file ${this.path} cannot be written (${messageOf(error)}); free space, mend its rights, or use --ephemeral`;
    return new CodexError("file_error", text, { cause: error });
  }
}

function isUserMessage({ type, payload }: RolloutLine): boolean {
  return type === "event_msg" && fieldsOf(payload)["type"] === "user_message";
}
