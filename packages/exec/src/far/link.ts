import { randomBytes } from "node:crypto";
import { CodexError, createController, onAbort } from "@codex/common";
import { readFacts } from "./facts.js";
import { wardenLine } from "./script.js";
import type { Environment, Process } from "@codex/protocol";
import type { StopSignal } from "../tree.js";
import type { Facts } from "./facts.js";

/** How a command on the far side is fed: nothing, a pipe, or a terminal. */
export type Feed = "closed" | "pipe" | "terminal";

/** The program of this machine through which everything goes: `ssh`, `docker`. */
export type Client = {
  /** For messages: `the host box`. */
  readonly name: string;
  /** Runs the warden, with a pipe as its input. */
  readonly warden: readonly string[];
  /** Runs a runner. Its words need no quoting in any shell. */
  runner(words: readonly string[], feed: Feed): readonly string[];
  /** What the client itself inherits. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs the client on this machine, tied to our life. */
  readonly exec: Environment["exec"];
  /** See `WardenOptions`. */
  readonly base: string;
  /** Ends the far side by force when its warden does not end; absent: the end of the connection has to do. */
  readonly last_resort?: readonly string[];
  /** What the client said when it failed, as one line for the user. */
  explain(said: string): string;
};

/** Bytes of what a client says that are kept. */
const MOST_SAID = 16 * 1024;
/** Bytes of facts, of noise before them, and of answers that are not yet whole. */
const MOST_PENDING = 4 * 1024 * 1024;
/** Milliseconds that the warden has to end everything. */
const PATIENCE = 5000;

/** A warden that runs. When it ends, all that was started through it has been ended. */
export class Link implements AsyncDisposable {
  readonly client: Client;
  readonly facts: Facts;
  readonly #process: Process;
  readonly #stop: () => void;
  readonly #waiting = new Map<string, () => void>();
  readonly #reading: Promise<void>;
  #is_open = true;

  private constructor(client: Client, opening: Opening, facts: Facts) {
    this.client = client;
    this.facts = facts;
    this.#process = opening.process;
    this.#stop = opening.stop;
    this.#reading = this.#read(opening);
  }

  /** Throws `bad_request` with one line when the far side cannot be had. */
  static async open(client: Client, signal: AbortSignal): Promise<Link> {
    const controller = createController();
    const mark = randomBytes(16).toString("hex");
    const request = { argv: client.warden, cwd: "/", env: client.env, stdin: "pipe" } as const;
    const process = client.exec(request, controller.signal);
    const listener = onAbort(signal, () => controller.abort(signal.reason));
    process.write(Buffer.from(wardenLine({ base: client.base, mark }))).catch(() => undefined);
    const chunks = process.output[Symbol.asyncIterator]();
    let [said, heard] = ["", Buffer.alloc(0)];
    try {
      for (;;) {
        const next = await chunks.next();
        if (next.done === true) break;
        if (next.value.stream === "stderr") {
          said = `${said}${Buffer.from(next.value.data).toString()}`.slice(-MOST_SAID);
          continue;
        }
        heard = Buffer.concat([heard, next.value.data]);
        const found = readFacts(heard, mark);
        if (found === undefined && heard.length > MOST_PENDING) break;
        if (found === undefined) continue;
        return new Link(client, { process, chunks, rest: found.rest, stop: () => controller.abort() }, found.facts);
      }
    } finally {
      listener[Symbol.dispose]();
    }
    controller.abort();
    const exit = await process.exit;
    signal.throwIfAborted();
    const failed = exit.type === "failed_to_start" ? exit.message : said;
    throw new CodexError("bad_request", client.explain(failed));
  }

  get isOpen(): boolean {
    return this.#is_open;
  }

  /** Settles when the warden has the request. */
  async put(id: string, text: string): Promise<void> {
    const answered = new Promise<void>((resolve) => this.#waiting.set(id, resolve));
    await this.#write(`put ${id} ${text}\n`);
    await answered;
    if (!this.#is_open) throw this.lost();
  }

  kill(id: string, signal: StopSignal): void {
    // a warden that has gone has killed it
    this.#write(`kill ${id} ${signal.slice("SIG".length)}\n`).catch(() => undefined);
  }

  /** Does the warden end within so many milliseconds? */
  async endsWithin(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([this.#reading, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
    clearTimeout(timer);
    return !this.#is_open;
  }

  lost(): CodexError<"bad_request"> {
    return new CodexError("bad_request", `the connection to ${this.client.name} was lost`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.closeInput();
    const last = setTimeout(() => void this.#force(), PATIENCE);
    await this.#process.exit;
    clearTimeout(last);
    await this.#reading;
  }

  async #force(): Promise<void> {
    const { last_resort, env, exec } = this.client;
    if (last_resort !== undefined) {
      const request = { argv: last_resort, cwd: "/", env, stdin: "closed", timeout_ms: PATIENCE } as const;
      await exec(request, new AbortController().signal).exit;
    }
    this.#stop();
  }

  async #write(line: string): Promise<void> {
    if (!this.#is_open) throw this.lost();
    await this.#process.write(Buffer.from(line)).catch(() => {
      throw this.lost();
    });
  }

  async #read({ chunks, rest }: Opening): Promise<void> {
    let text = rest.toString();
    for (;;) {
      const lines = text.split("\n");
      text = (lines.pop() ?? "").slice(-MOST_PENDING);
      for (const line of lines) this.#answer(line.replace(/^put /, ""));
      const next = await chunks.next();
      if (next.done === true) break;
      if (next.value.stream === "stdout") text += Buffer.from(next.value.data).toString();
    }
    this.#is_open = false;
    for (const id of this.#waiting.keys()) this.#answer(id);
  }

  #answer(id: string): void {
    this.#waiting.get(id)?.();
    this.#waiting.delete(id);
  }
}

type Opening = {
  readonly process: Process;
  readonly chunks: AsyncIterator<{ readonly stream: string; readonly data: Uint8Array }>;
  readonly rest: Buffer;
  readonly stop: () => void;
};
