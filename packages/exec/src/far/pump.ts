import type { OutputChunk } from "@codex/protocol";
import type { Open, ProcessOutput } from "../process-output.js";

type Stream = OutputChunk["stream"];

export type Change = {
  /** What of a chunk is passed on; nothing when it is empty. */
  push(chunk: OutputChunk): Uint8Array;
  /** What is left for stderr at the end. */
  end(): Uint8Array;
};

/**
 * Feeds the output of one process into that of another, at the pace of its consumer. Settles when all has been read,
 * or when the consumer is slow: then output has begun, and more waits.
 */
export function pump(from: AsyncIterable<OutputChunk>, into: ProcessOutput, change: Change): Promise<void> {
  return new Promise((settle, fail) => {
    const readers = new Map<Stream, { deliver: Parameters<Open>[0]; ended: () => void }>();
    let resume = (): void => undefined;
    const open =
      (stream: Stream): Open =>
      (deliver, ended) => {
        readers.set(stream, { deliver, ended });
        return { resume: () => resume(), close: ended };
      };
    into.attach({ stdout: open("stdout"), stderr: open("stderr") });
    const pass = async (stream: Stream, data: Uint8Array): Promise<void> => {
      if (data.length === 0 || readers.get(stream)?.deliver(data) !== "pause") return;
      const resumed = new Promise<void>((go) => (resume = go));
      settle();
      await resumed;
    };
    const run = async (): Promise<void> => {
      try {
        for await (const chunk of from) await pass(chunk.stream, change.push(chunk));
        await pass("stderr", change.end());
      } finally {
        for (const { ended } of readers.values()) ended();
      }
    };
    run().then(settle, fail);
  });
}
