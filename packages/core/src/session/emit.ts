import type { Event, EventMsg, EventSink, SessionLog, TurnId } from "@codex/protocol";
import type { Queue } from "@codex/common";
import { messageOf } from "@codex/common";
import { storedEvent } from "../rollout/persist.js";

/** Where an event goes: first the log, then the sinks, then the face. A face never sees what the log could lose. */
export function createEmitter(
  log: SessionLog,
  sinks: readonly EventSink[],
  outbox: Queue<Event>,
): (message: EventMsg, turn?: TurnId) => void {
  const listening = new Set(sinks);
  // the port forbids it; a program that holds many sessions must not end over one sink all the same
  const tell = (sink: EventSink, event: Event): void => {
    try {
      sink.write(event);
    } catch (error) {
      listening.delete(sink);
      const message = `an event sink failed and is told no more: ${messageOf(error)}`;
      outbox.push({ id: event.id, msg: { type: "warning", message } });
    }
  };
  const deliver = (id: string, message: EventMsg): void => {
    const payload = storedEvent(message, log.mode);
    if (payload !== undefined) log.append({ type: "event_msg", payload });
    const event = { id, msg: message };
    for (const sink of [...listening]) tell(sink, event);
    outbox.push(event);
  };
  return (message, turn) => {
    const id = turn ?? "";
    deliver(id, message);
    for (const derived of derivedFrom(message)) deliver(id, derived);
  };
}

/** Events that older clients and the session file know by another name (core.md §1.5). */
function derivedFrom(message: EventMsg): readonly EventMsg[] {
  if (message.type !== "item_completed") return [];
  const { item } = message;
  switch (item.type) {
    case "AgentMessage": {
      const phase = item.phase === undefined ? {} : { phase: item.phase };
      return item.content.map((part) => ({ type: "agent_message", message: part.text, ...phase }) as const);
    }
    case "Reasoning":
      return item.summary_text.map((text) => ({ type: "agent_reasoning", text }) as const);
    case "ContextCompaction":
      return [{ type: "context_compacted" }];
    case "UserMessage":
    case "WebSearch":
      return [];
    default:
      return item satisfies never;
  }
}
