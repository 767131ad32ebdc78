import { fstatSync } from "node:fs";
import type { Readable } from "node:stream";

export type StandardInput = {
  readonly stream: Readable;
  /** `file`: a regular file or a device, which always ends. */
  readonly kind: "terminal" | "file" | "pipe";
};

/** This process's stdin. The stream is made when it is first asked for. */
export function standardInput(): StandardInput {
  return {
    kind: kind(),
    get stream() {
      return process.stdin;
    },
  };
}

function kind(): StandardInput["kind"] {
  if (process.stdin.isTTY) return "terminal";
  const status = fstatSync(0);
  return status.isFIFO() || status.isSocket() ? "pipe" : "file";
}
