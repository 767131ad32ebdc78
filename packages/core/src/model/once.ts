import type { ModelClient, ModelEvent, ResponseItem } from "@codex/protocol";
import { pauseAfter } from "./pause.js";

/**
 * A client that hands every item over once per step. After a broken stream the engine asks again with what it has; a
 * server that starts over then repeats items under the ids they had, and some servers send an event twice. Such an
 * item is dropped when it says the same; a call that was dropped was answered already, so the step goes on.
 */
export function deliverOnce(client: ModelClient): ModelClient {
  /** Items since the last complete response, by identity. */
  const delivered = new Map<string, string>();
  return {
    info: client.info,
    max_retries: client.max_retries,
    async *stream(prompt, signal) {
      let droppedCall = false;
      for await (const event of client.stream(prompt, signal)) {
        if (event.type === "item_done") {
          const isNew = note(event.item, delivered);
          if (!isNew) droppedCall ||= isCall(event.item);
          else {
            yield event;
            await pauseAfter(event);
          }
        } else if (event.type === "completed") {
          delivered.clear();
          yield droppedCall ? { ...event, continues: true } : event;
        } else if (!belongsToDelivered(event, delivered)) {
          yield event;
        }
      }
    },
  };
}

/** False when the item was handed over before, word for word. */
function note(item: ResponseItem, delivered: Map<string, string>): boolean {
  const { id, ...content } = item;
  const call = callIdOf(item);
  const key = call ?? itemKey(id);
  if (key === undefined) return true;
  const text = JSON.stringify(content);
  if (delivered.get(key) === text) return false;
  delivered.set(key, text);
  const growing = itemKey(id);
  if (growing !== undefined) delivered.set(growing, text);
  return true;
}

/** Nothing grows any more that is there already. */
function belongsToDelivered(event: ModelEvent, delivered: ReadonlyMap<string, string>): boolean {
  const key = "item_id" in event ? itemKey(event.item_id) : undefined;
  return key !== undefined && delivered.has(key);
}

function isCall(item: ResponseItem): boolean {
  return callIdOf(item) !== undefined;
}

function callIdOf(item: ResponseItem): string | undefined {
  const isOne = item.type === "function_call" || item.type === "custom_tool_call" || item.type === "local_shell_call";
  return isOne && item.call_id !== null ? `call ${item.call_id}` : undefined;
}

function itemKey(id: string | undefined): string | undefined {
  return id === undefined || id === "" ? undefined : `item ${id}`;
}
