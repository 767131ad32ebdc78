import { createOutputBuffer } from "./buffer.js";
import { DeltaCoalescer } from "./deltas.js";
import { unfinishedBytes } from "./text.js";
import type { Captured, OutputChunk } from "@codex/protocol";
import type { OutputBuffer } from "./buffer.js";
import type { OutputDelta } from "./deltas.js";

export type CaptureOptions = {
  /** Bytes kept: half of them head, half tail. 1 MiB when absent. */
  readonly limit?: number;
  readonly on_delta?: (delta: OutputDelta) => void;
  /** When it aborts, what was read so far is the answer. */
  readonly signal: AbortSignal;
};

/** Output that can be watched without a copy: `visit` gets bytes that are only valid until it returns. */
export interface WatchableOutput extends AsyncIterable<OutputChunk> {
  /** Takes the place of the one consumer. Settles at the end of the output or when the signal aborts. */
  watch(visit: (chunk: OutputChunk) => void, signal: AbortSignal): Promise<void>;
}

/** Output that is read while its process runs. */
export type Following = {
  /** What came since the last call, kept like all of it. A character that has only begun waits for its rest. */
  take(): Captured;
  /** All of it, once it has ended. Never rejects for an abort. */
  readonly whole: Promise<Captured>;
};

/** Reads all output, keeps a bounded part of it. Copies what it keeps; any amount of output costs about 2 MiB. */
export function capture(output: AsyncIterable<OutputChunk>, options: CaptureOptions): Promise<Captured> {
  return follow(output, options).whole;
}

/** The same for output that somebody wants to see before its end. */
export function follow(output: AsyncIterable<OutputChunk>, options: CaptureOptions): Following {
  const all = createOutputBuffer(options.limit);
  /** As long as nothing was taken, all of it is new. */
  let fresh: OutputBuffer | undefined;
  let has_ended = false;
  const deltas = options.on_delta === undefined ? undefined : new DeltaCoalescer(options.on_delta);
  const read = async (): Promise<Captured> => {
    try {
      await watch(output, options.signal, (chunk) => {
        all.push(chunk.data);
        fresh?.push(chunk.data);
        deltas?.push(chunk);
      });
    } finally {
      has_ended = true;
      deltas?.end();
    }
    return all.copy();
  };
  return {
    whole: read(),
    take() {
      const taken = fresh === undefined ? all.copy() : fresh.take();
      fresh ??= createOutputBuffer(options.limit);
      return has_ended ? taken : withoutBegun(taken, fresh);
    },
  };
}

/** Puts the bytes of a character that has only begun back into `rest`. */
function withoutBegun(captured: Captured, rest: OutputBuffer): Captured {
  const part = captured.tail.length > 0 ? "tail" : "head";
  const bytes = captured[part];
  const end = bytes.length - unfinishedBytes(bytes);
  if (end === bytes.length) return captured;
  rest.push(bytes.subarray(end));
  return { ...captured, [part]: bytes.subarray(0, end), total_bytes: captured.total_bytes - bytes.length + end };
}

async function watch(
  output: AsyncIterable<OutputChunk>,
  signal: AbortSignal,
  visit: (chunk: OutputChunk) => void,
): Promise<void> {
  if (isWatchable(output)) return output.watch(visit, signal);
  for await (const chunk of output) {
    visit(chunk);
    if (signal.aborted) return;
  }
}

function isWatchable(output: AsyncIterable<OutputChunk>): output is WatchableOutput {
  return "watch" in output && typeof output.watch === "function";
}
