import { Tail } from "./buffer.js";
import { continuationBytes, unfinishedBytes } from "./text.js";
import type { OutputChunk } from "@codex/protocol";

/** Part of the output while a command runs. */
export type OutputDelta = OutputChunk & {
  /** Bytes dropped just before `data`, because they came faster than a face can show. */
  readonly omitted_bytes: number;
};

/** Milliseconds. */
const PERIOD = 50;
/** Bytes that wait for the next delta. */
const LIVE_TAIL = 128 * 1024;
/** Per command (exec.md §5.2). */
const MOST_DELTAS = 10_000;

const STREAMS = ["stdout", "stderr"] as const;
const NOTHING = new Uint8Array(0);

type Run = { readonly stream: OutputChunk["stream"]; readonly tail: Tail; omitted: number };

/**
 * Turns chunks into few deltas: at most one burst per 50 ms, 128 KiB each, in arrival order. A delta ends where a
 * character ends; the begun one waits for its rest.
 */
export class DeltaCoalescer {
  readonly #emit: (delta: OutputDelta) => void;
  #runs: Run[] = [];
  #waiting = 0;
  #sent = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Per stream, the first bytes of a character whose rest has not come yet. */
  readonly #begun: Record<OutputChunk["stream"], Uint8Array> = { stdout: NOTHING, stderr: NOTHING };

  constructor(emit: (delta: OutputDelta) => void) {
    this.#emit = emit;
  }

  /** `chunk.data` is copied. */
  push(chunk: OutputChunk): void {
    if (this.#sent >= MOST_DELTAS || chunk.data.length === 0) return;
    let run = this.#runs.at(-1);
    if (run?.stream !== chunk.stream) {
      run = { stream: chunk.stream, tail: new Tail(LIVE_TAIL), omitted: 0 };
      this.#runs.push(run);
    }
    const before = run.tail.size;
    run.omitted += run.tail.push(chunk.data);
    this.#waiting += run.tail.size - before;
    this.#trim();
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, PERIOD);
  }

  /** Sends what is left. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flush();
    for (const stream of STREAMS) {
      this.#send({ stream, data: this.#begun[stream], omitted_bytes: 0 });
    }
  }

  /** The oldest bytes give way. */
  #trim(): void {
    for (let run = this.#runs[0]; run !== undefined && this.#waiting > LIVE_TAIL; run = this.#runs[0]) {
      const lost = Math.min(run.tail.size, this.#waiting - LIVE_TAIL);
      run.tail.drop(lost);
      this.#waiting -= lost;
      const next = this.#runs[1];
      if (run.tail.size > 0 || next === undefined) {
        run.omitted += lost;
        return;
      }
      next.omitted += run.omitted + lost;
      this.#runs.shift();
    }
  }

  #flush(): void {
    const runs = this.#runs;
    this.#runs = [];
    this.#waiting = 0;
    for (const run of runs) {
      const begun = this.#begun[run.stream];
      const bytes = run.omitted > 0 ? run.tail.bytes() : Buffer.concat([begun, run.tail.bytes()]);
      const skipped = run.omitted > 0 ? continuationBytes(bytes) : 0;
      const omitted = run.omitted > 0 ? run.omitted + begun.length + skipped : 0;
      const end = bytes.length - unfinishedBytes(bytes);
      this.#begun[run.stream] = new Uint8Array(bytes.subarray(end));
      this.#send({ stream: run.stream, data: bytes.subarray(skipped, end), omitted_bytes: omitted });
    }
  }

  #send(delta: OutputDelta): void {
    if ((delta.data.length === 0 && delta.omitted_bytes === 0) || this.#sent >= MOST_DELTAS) return;
    this.#sent += 1;
    this.#emit(delta);
  }
}
