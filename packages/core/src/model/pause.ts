import type { ModelEvent } from "@codex/protocol";

/**
 * Lets a call that was handed over begin before what the model said next is handed over, live and replayed alike:
 * otherwise it depends on how the network cut the stream which of the two a face sees first.
 */
export async function pauseAfter(event: ModelEvent): Promise<void> {
  if (event.type !== "item_done" || !event.item.type.endsWith("_call")) return;
  await new Promise((resolve) => setImmediate(resolve));
}
