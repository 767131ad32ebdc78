import type { CallId, Captured, Denial, ExitStatus, Process } from "@codex/protocol";
import { childController, onAbort } from "@codex/common";
import type { Command, ProcessEnd } from "./command.js";
import type { Following } from "./shell-powers.js";

export type LiveProcessParts = {
  readonly id: number;
  readonly call_id: CallId;
  readonly command: Command;
  readonly start: (signal: AbortSignal) => { readonly process: Process; readonly following: Following };
  /** Did the sandbox stand in its way? */
  readonly denial: (exit: ExitStatus, captured: Captured) => Denial | undefined;
};

/** A command that runs until it ends by itself, is stopped, or its session ends; turns come and go meanwhile. */
export class LiveProcess {
  readonly id: number;
  readonly call_id: CallId;
  readonly command: Command;
  readonly #process: Process;
  readonly #following: Following;
  readonly #denial: LiveProcessParts["denial"];
  readonly #life: ReturnType<typeof childController>;
  readonly #listeners = new Set<() => void>();
  readonly #started = performance.now();
  #end: ProcessEnd | undefined;
  readonly #ended: Promise<void>;

  /** `session` ends it. */
  constructor({ id, call_id, command, start, denial }: LiveProcessParts, session: AbortSignal) {
    this.id = id;
    this.call_id = call_id;
    this.command = command;
    this.#denial = denial;
    this.#life = childController(session);
    const { process, following } = start(this.#life.controller.signal);
    this.#process = process;
    this.#following = following;
    this.#ended = this.#wait();
  }

  /** Absent while it runs. */
  get end(): ProcessEnd | undefined {
    return this.#end;
  }

  get duration_ms(): number {
    return this.#end?.duration_ms ?? performance.now() - this.#started;
  }

  /** Output since the last call. */
  take(): Captured {
    return this.#following.take();
  }

  /** Calls once, in order of registration; at once when it has ended already. */
  onEnd(listener: () => void): Disposable {
    if (this.#end === undefined) this.#listeners.add(listener);
    else listener();
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** Waits for its end, at most `ms` milliseconds, and no longer than the signal allows. */
  settle(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#end !== undefined || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        abort[Symbol.dispose]();
        end[Symbol.dispose]();
        resolve();
      };
      const timer = setTimeout(done, ms);
      const abort = onAbort(signal, done);
      const end = this.onEnd(done);
    });
  }

  /** Rejects when nothing can be typed any more. */
  write(text: string): Promise<void> {
    return this.#process.write(Buffer.from(text));
  }

  interrupt(): void {
    this.#process.kill("SIGINT");
  }

  resize(cols: number, rows: number): void {
    this.#process.resize(cols, rows);
  }

  /** Ends its whole tree; settles when that is gone. */
  async stop(): Promise<void> {
    this.#life.controller.abort();
    await this.#ended;
  }

  async #wait(): Promise<void> {
    const captured = await this.#following.whole;
    const exit = await this.#process.exit;
    this.#end = { exit, captured, duration_ms: this.duration_ms, denial: this.#denial(exit, captured) };
    this.#life[Symbol.dispose]();
    for (const listener of [...this.#listeners]) listener();
    this.#listeners.clear();
  }
}
