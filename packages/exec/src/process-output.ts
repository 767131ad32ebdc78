import { onAbort } from "@codex/common";
import type { Readable } from "node:stream";
import type { OutputChunk } from "@codex/protocol";
import type { WatchableOutput } from "./output.js";

/** Where bytes come from: a stream of Node's, or whatever opens itself. */
type Source = Readable | Open;
export type Open = (deliver: Deliver, ended: () => void) => Reader;
export type Sources = Readonly<Partial<Record<OutputChunk["stream"], Source>>>;

/** Bytes that may wait for a slow consumer before reading stops and the command's writes block. */
const HIGH_WATER = 256 * 1024;
/** Milliseconds that pipes held open by others are read after the process has ended (exec.md §5.2). */
const DRAIN = 2000;

/** Takes bytes that are only valid until it returns. */
export type Deliver = (data: Uint8Array) => "more" | "pause";
export type Reader = { readonly resume: () => void; readonly close: () => void };

/** Both streams of a process as one, in the order in which bytes arrive here. */
export class ProcessOutput implements WatchableOutput {
  #pending: OutputChunk[] = [];
  #pending_bytes = 0;
  #visit: ((chunk: OutputChunk) => void) | undefined;
  #claimed = false;
  #wake: (() => void) | undefined;
  readonly #readers = new Map<OutputChunk["stream"], Reader>();
  readonly #paused = new Set<OutputChunk["stream"]>();
  #drain: NodeJS.Timeout | undefined;
  #settle: (() => void) | undefined;
  /** Resolves at the end of both streams, or when they are given up. */
  readonly ended: Promise<void>;
  #has_ended = false;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#settle = () => {
        this.#has_ended = true;
        clearTimeout(this.#drain);
        resolve();
        this.#signal();
      };
    });
  }

  /** Starts reading. Called once; without sources the output is empty. */
  attach(sources: Sources): void {
    for (const stream of ["stdout", "stderr"] as const) {
      const source = sources[stream];
      if (source === undefined) continue;
      const deliver: Deliver = (data) => this.#deliver({ stream, data });
      const ended = (): void => this.#forget(stream);
      this.#readers.set(stream, opener(source)(deliver, ended));
    }
    if (this.#readers.size === 0) this.#settle?.();
  }

  /** The process has ended: whoever still holds its pipes has 2 s. A slow consumer loses nothing. */
  finish(): void {
    if (this.#has_ended) return;
    clearTimeout(this.#drain);
    this.#drain = setTimeout(() => {
      for (const [stream, reader] of this.#readers) if (!this.#paused.has(stream)) reader.close();
      if (this.#paused.size > 0) this.finish();
    }, DRAIN);
  }

  async watch(visit: (chunk: OutputChunk) => void, signal: AbortSignal): Promise<void> {
    this.#claim();
    for (const chunk of this.#pending) visit(chunk);
    this.#clear();
    this.#visit = visit;
    let stop = (): void => undefined;
    const stopped = new Promise<void>((resolve) => (stop = resolve));
    const listener = onAbort(signal, stop);
    this.#resume();
    await Promise.race([this.ended, stopped]);
    listener[Symbol.dispose]();
    this.#visit = discard;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<OutputChunk, void, undefined> {
    this.#claim();
    try {
      for (;;) {
        const chunk = this.#take();
        if (chunk !== undefined) yield chunk;
        else if (this.#has_ended) return;
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      this.#visit = discard;
      this.#clear();
      this.#resume();
    }
  }

  #claim(): void {
    if (this.#claimed) throw new TypeError("the output of a process has one consumer");
    this.#claimed = true;
  }

  #take(): OutputChunk | undefined {
    const chunk = this.#pending.shift();
    if (chunk === undefined) return undefined;
    this.#pending_bytes -= chunk.data.length;
    if (this.#pending_bytes < HIGH_WATER / 2) this.#resume();
    return chunk;
  }

  #clear(): void {
    this.#pending = [];
    this.#pending_bytes = 0;
  }

  #resume(): void {
    const paused = [...this.#paused];
    this.#paused.clear();
    for (const stream of paused) this.#readers.get(stream)?.resume();
  }

  #signal(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #deliver(chunk: OutputChunk): "more" | "pause" {
    if (this.#visit !== undefined) {
      this.#visit(chunk);
      return "more";
    }
    this.#pending.push({ stream: chunk.stream, data: new Uint8Array(chunk.data) });
    this.#pending_bytes += chunk.data.length;
    this.#signal();
    if (this.#pending_bytes < HIGH_WATER) return "more";
    this.#paused.add(chunk.stream);
    return "pause";
  }

  #forget(stream: OutputChunk["stream"]): void {
    this.#paused.delete(stream);
    if (this.#readers.delete(stream) && this.#readers.size === 0) this.#settle?.();
  }
}

function discard(): void {
  // the consumer has left; reading goes on so that the command does not block
}

function opener(source: Source): Open {
  if (typeof source === "function") return source;
  return (deliver, ended) => readStream(source, deliver, ended);
}

function readStream(stream: Readable, deliver: Deliver, ended: () => void): Reader {
  stream.on("data", (data: Uint8Array) => {
    if (deliver(data) === "pause") stream.pause();
  });
  stream.once("error", () => stream.destroy());
  stream.once("close", ended);
  return { resume: () => stream.resume(), close: () => stream.destroy() };
}
