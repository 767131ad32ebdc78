import { PatchError } from "./errors.js";
import type { Hunk, Patch } from "./patch.js";
import { PatchMachine } from "./patch-machine.js";

/** Longest accepted patch, in UTF-16 units. */
const MAX_PATCH_LENGTH = 64 * 1024 * 1024;

export interface PatchParser {
  /**
   * Feeds the next piece, cut anywhere (bytes: also inside a character). Returns every hunk known so far, the last
   * one possibly still growing. It is a live view: later calls extend the same objects.
   */
  push(delta: string | Uint8Array): readonly Hunk[];
  /** Ends the input. */
  finish(): Patch;
}

/** Parses a whole patch; accepts it wrapped in blank lines or in a heredoc. Throws `PatchError`. */
export function parsePatch(text: string | Uint8Array): Patch {
  const parser = createPatchParser();
  parser.push(text);
  return parser.finish();
}

/** A parser for a patch that is still arriving. It gives what `parsePatch` gives, however the text is cut. */
export function createPatchParser(): PatchParser {
  const machine = new PatchMachine();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let tail = "";
  let length = 0;
  let failure: unknown;

  function feed(delta: string): void {
    length += delta.length;
    if (length > MAX_PATCH_LENGTH) throw new PatchError("invalid_patch", `longer than ${MAX_PATCH_LENGTH} characters`);
    let start = 0;
    for (let end = delta.indexOf("\n"); end >= 0; end = delta.indexOf("\n", start)) {
      machine.line(tail + delta.slice(start, end));
      tail = "";
      start = end + 1;
    }
    tail += delta.slice(start);
  }

  function decode(bytes?: Uint8Array): string {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch (cause) {
      throw new PatchError("not_utf8", "the patch is not valid UTF-8", { cause });
    }
  }

  /** A parser that failed once gives the same failure for ever. */
  function guarded<T>(work: () => T): T {
    if (failure !== undefined) throw failure;
    try {
      return work();
    } catch (error) {
      failure = error;
      throw error;
    }
  }

  return {
    push: (delta) =>
      guarded(() => {
        feed(typeof delta === "string" ? delta : decode(delta));
        return machine.hunks;
      }),
    finish: () =>
      guarded(() => {
        feed(decode());
        if (tail !== "") machine.line(tail);
        tail = "";
        return machine.finish();
      }),
  };
}
