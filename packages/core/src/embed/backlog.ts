import type { EventMsg } from "@codex/protocol";
import type { Queue } from "@codex/common";

/** Events behind which somebody who reads them is no longer told every piece of a text by itself. */
const BEHIND = 1000;

/** Adds an event. Pieces of one text that wait unread become one, so that a slow reader costs no event for each. */
export function addUnread(events: Queue<EventMsg>, event: EventMsg): void {
  const last = events.size < BEHIND ? undefined : events.last;
  const joined = last === undefined ? undefined : joinedTexts(last, event);
  if (joined === undefined) events.push(event);
  else events.amend(joined);
}

/** `undefined`: they are not pieces of one text. */
function joinedTexts(left: EventMsg, right: EventMsg): EventMsg | undefined {
  if (left.type === "agent_message_content_delta" && right.type === left.type) {
    return left.item_id === right.item_id ? { ...left, delta: left.delta + right.delta } : undefined;
  }
  if (left.type !== "reasoning_content_delta" || right.type !== left.type) return undefined;
  const isOne = left.item_id === right.item_id && left.summary_index === right.summary_index;
  return isOne ? { ...left, delta: left.delta + right.delta } : undefined;
}
