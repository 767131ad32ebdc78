import type { AbortReason } from "@codex/protocol";

/** Why a turn was stopped from outside. Exists only as `signal.reason`; it is no failure. */
export class TurnAborted extends Error {
  readonly reason: AbortReason;

  constructor(reason: AbortReason) {
    super(`the turn was ${reason}`);
    this.name = "TurnAborted";
    this.reason = reason;
  }
}
