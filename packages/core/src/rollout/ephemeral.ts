import type { SessionLog } from "@codex/protocol";

/** Leaves nothing on disk, and has nothing to come back to. */
export function ephemeralLog(): SessionLog {
  return {
    path: undefined,
    mode: "legacy",
    append: () => undefined,
    appendCopy: () => undefined,
    close: () => Promise.resolve(),
  };
}
