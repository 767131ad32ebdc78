import type { RolloutLine, SessionLog, StoredEvent, StoredSession } from "@codex/protocol";
import { CodexError, fieldsOf, listOf, textOf } from "@codex/common";
import type { Fields } from "@codex/common";
import type { Restored } from "./rebuild.js";
import { Rebuilder } from "./rebuild.js";

/**
 * Copies a session into a log of ours, as far as a turn begins. The copy stands alone: it needs no other file and is
 * readable by every version, whoever wrote the source (rollout-live.md §7.2). An unknown turn throws `bad_request`.
 */
export function copySession(source: StoredSession, log: SessionLog, before_turn: string | undefined): Restored {
  const rebuilder = new Rebuilder();
  let isFound = before_turn === undefined;
  for (const line of source.lines) {
    if (before_turn !== undefined && turnOf(line) === before_turn) {
      isFound = true;
      break;
    }
    rebuilder.take(line);
    copyLine(line, log);
  }
  if (isFound) return rebuilder.result();
  throw new CodexError("bad_request", `the session ${source.path} holds no turn ${before_turn}`);
}

function turnOf({ type, payload }: RolloutLine): string | undefined {
  const fields = fieldsOf(payload);
  const begins = type === "turn_context" || (type === "event_msg" && fields["type"] === "task_started");
  return begins ? textOf(fields["turn_id"]) : undefined;
}

function copyLine(line: RolloutLine, log: SessionLog): void {
  const { timestamp, type, payload } = line;
  if (type === "response_item" || type === "compacted" || type === "turn_context") {
    log.appendCopy({ timestamp, type, payload });
    return;
  }
  if (type !== "event_msg") return;
  const event = fieldsOf(payload);
  const events = event["type"] === "item_completed" ? shownItem(fieldsOf(event["item"])) : [payload];
  for (const copied of events) log.appendCopy({ timestamp, type, payload: copied });
}

/** A completed item by the events that files without ordinals have for it. */
function shownItem(item: Fields): readonly StoredEvent[] {
  const texts = (name: string): readonly string[] =>
    listOf(item[name]).flatMap((part) => textOf(part) ?? textOf(fieldsOf(part)["text"]) ?? []);
  switch (item["type"]) {
    case "UserMessage": {
      const message = texts("content").join("");
      return [{ type: "user_message", message, images: [], local_images: [], text_elements: [] }];
    }
    case "AgentMessage":
      return texts("content").map((message) => ({ type: "agent_message", message }));
    case "Reasoning":
      return texts("summary_text").map((text) => ({ type: "agent_reasoning", text }));
    default:
      return [];
  }
}
