import { createOutputBuffer } from "./buffer.js";
import { DeltaCoalescer } from "./deltas.js";
import type { Captured, OutputChunk } from "@codex/protocol";
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

/** Reads all output, keeps a bounded part of it. Copies what it keeps; any amount of output costs about 2 MiB. */
export async function capture(output: AsyncIterable<OutputChunk>, options: CaptureOptions): Promise<Captured> {
  const buffer = createOutputBuffer(options.limit);
  const deltas = options.on_delta === undefined ? undefined : new DeltaCoalescer(options.on_delta);
  try {
    await watch(output, options.signal, (chunk) => {
      buffer.push(chunk.data);
      deltas?.push(chunk);
    });
  } finally {
    deltas?.end();
  }
  return buffer.take();
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
