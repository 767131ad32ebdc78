import { constants } from "node:os";
import type { ExitStatus } from "@codex/protocol";

const TIMED_OUT = 124;

/** What a shell would show (core.md §4.6): 124 on time-out, 128 + n for a signal, 126 and 127; -1: not run. */
export function exitCode(status: ExitStatus): number {
  switch (status.type) {
    case "exited":
      return status.code;
    case "timed_out":
      return TIMED_OUT;
    case "signaled":
      return 128 + (Object.entries(constants.signals).find(([name]) => name === status.signal)?.[1] ?? 0);
    case "failed_to_start":
      return { not_found: 127, not_executable: 126, sandbox_unavailable: -1 }[status.code];
    default:
      return status satisfies never;
  }
}
