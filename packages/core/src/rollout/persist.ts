import { pathToFileURL } from "node:url";
import type { EventMsg, HistoryMode, StoredEvent, TurnItem } from "@codex/protocol";
import { truncateMiddle } from "../prompt/truncate.js";

type ItemCompleted = Extract<EventMsg, { type: "item_completed" }>;
type CommandEnd = Extract<EventMsg, { type: "exec_command_end" }>;
type PatchEnd = Extract<EventMsg, { type: "patch_apply_end" }>;

/** Bytes of a command's output that a file's events keep; the model's copy stands in its own item. */
const OUTPUT_BYTES = 10_000;

/**
 * What a session file keeps of an event; `undefined`: nothing. The conversation itself is kept as items; events are for
 * those who show it again (rollout-live.md §3.6, §10).
 */
export function storedEvent(message: EventMsg, mode: HistoryMode): StoredEvent | undefined {
  if (KEPT_ALWAYS.has(message.type)) return message;
  if (message.type === "undo_completed") {
    const { type, success, message: text } = message;
    return { type, success, ...(text === undefined ? {} : { message: text }) };
  }
  if (message.type === "task_started") return { ...message, collaboration_mode_kind: "default" };
  return mode === "legacy" ? legacyEvent(message) : paginatedEvent(message);
}

const KEPT_ALWAYS: ReadonlySet<EventMsg["type"]> = new Set([
  "token_count",
  "task_complete",
  "turn_aborted",
  "thread_rolled_back",
  "thread_restored",
]);

const KEPT_LEGACY: ReadonlySet<EventMsg["type"]> = new Set([
  "agent_message",
  "agent_reasoning",
  "context_compacted",
  "patch_apply_end",
]);

function legacyEvent(message: EventMsg): StoredEvent | undefined {
  if (KEPT_LEGACY.has(message.type)) return message;
  if (message.type === "item_completed") return searchEnd(message.item);
  if (message.type !== "user_message") return undefined;
  return { ...message, images: message.images ?? [], local_images: [], text_elements: [] };
}

function searchEnd(item: TurnItem): StoredEvent | undefined {
  if (item.type !== "WebSearch") return undefined;
  return { type: "web_search_end", call_id: item.id, query: item.query, action: item.action };
}

function paginatedEvent(message: EventMsg): StoredEvent | undefined {
  if (message.type === "item_completed") return completed(message, storedItem(message.item));
  if (message.type === "exec_command_end") return commandItem(message);
  return message.type === "patch_apply_end" ? patchItem(message) : undefined;
}

function completed(scope: Pick<ItemCompleted, "thread_id" | "turn_id">, item: object): StoredEvent {
  return { type: "item_completed", thread_id: scope.thread_id, turn_id: scope.turn_id, item };
}

function storedItem(item: TurnItem): object {
  if (item.type !== "UserMessage") return item;
  const content = item.content.map((part) => (part.type === "text" ? { text_elements: [], ...part } : part));
  return { ...item, content };
}

function commandItem(message: CommandEnd): StoredEvent {
  const { command, parsed_cmd, source, exit_code, duration } = message;
  return {
    type: "item_completed",
    turn_id: message.turn_id,
    item: {
      type: "CommandExecution",
      id: message.call_id,
      command,
      cwd: pathToFileURL(message.cwd).href,
      parsed_cmd,
      source,
      status: message.status === "completed" ? "completed" : "failed",
      aggregated_output: truncateMiddle(message.aggregated_output, { mode: "bytes", limit: OUTPUT_BYTES }),
      exit_code,
      duration,
    },
  };
}

function patchItem(message: PatchEnd): StoredEvent {
  const { changes, status, stdout, stderr } = message;
  const item = { type: "FileChange", id: message.call_id, changes, status, stdout, stderr };
  return { type: "item_completed", turn_id: message.turn_id, item };
}
