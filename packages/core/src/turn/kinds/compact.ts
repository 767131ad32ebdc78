import type { TurnContext } from "@codex/protocol";
import { compact } from "../compaction.js";
import type { TurnPowers } from "../powers.js";

/** A turn that only summarises (core.md §5.1, manual). */
export async function runCompact(turn: TurnContext, powers: TurnPowers): Promise<undefined> {
  if (powers.state.history.items.length > 0) await compact(turn, powers);
  return undefined;
}
