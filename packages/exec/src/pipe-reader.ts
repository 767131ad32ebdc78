import { Socket } from "node:net";
import type { Open } from "./process-output.js";

const READ_SIZE = 64 * 1024;
const MOST_KEPT = 8;

/** Buffers that one pipe after the other is read into: neither long output nor many commands cost garbage. */
export class ReadBuffers {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(READ_SIZE);
  }

  /** Nobody may use it any more. */
  give(buffer: Buffer): void {
    if (this.#free.length < MOST_KEPT) this.#free.push(buffer);
  }
}

/** Reads the pipe with this descriptor, and closes it. */
export function pipeReader(fd: number, buffers: ReadBuffers): Open {
  return (deliver, ended) => {
    const buffer = buffers.take();
    const callback = (size: number, data: Uint8Array): boolean => deliver(data.subarray(0, size)) === "more";
    const options = { fd, readable: true, writable: false, onread: { buffer, callback } };
    const socket = new Socket(options);
    socket.once("error", () => socket.destroy());
    socket.once("close", () => {
      buffers.give(buffer);
      ended();
    });
    socket.resume();
    return { resume: () => socket.resume(), close: () => socket.destroy() };
  };
}
