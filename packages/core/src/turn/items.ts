import type {
  Files,
  MessageItem,
  ReasoningItem,
  ResponseItem,
  TurnItem,
  UserInput,
  WebSearchAction,
  WebSearchCallItem,
} from "@codex/protocol";
import { pictureContent } from "../prompt/picture.js";

/** The face's form of a finished response item; `undefined` for calls and outputs, which have events of their own. */
export function turnItemOf(item: ResponseItem, fallback_id: string): TurnItem | undefined {
  if (item.type === "message") return item.role === "assistant" ? agentMessage(item, fallback_id) : undefined;
  if (item.type === "web_search_call") return webSearch(item, fallback_id);
  return item.type === "reasoning" ? reasoning(item, fallback_id) : undefined;
}

/** The face's form of an item that a server has begun; `undefined` where there is nothing to show yet. */
export function startedItem(kind: string, id: string): TurnItem | undefined {
  if (kind === "message") return { type: "AgentMessage", id, content: [] };
  if (kind === "reasoning") return { type: "Reasoning", id, summary_text: [], raw_content: [] };
  return kind === "web_search_call" ? webSearch({ type: "web_search_call" }, id) : undefined;
}

/** The text of an assistant message; `undefined` for every other item. */
export function assistantText(item: ResponseItem): string | undefined {
  if (item.type !== "message" || item.role !== "assistant") return undefined;
  return textOf(item);
}

/** What a person typed, as the model gets it (core.md §3.1). Skills and mentions add nothing of their own. */
export async function userMessage(
  input: readonly UserInput[],
  files: Files,
  signal: AbortSignal,
): Promise<MessageItem> {
  const pictures = input.filter(({ type }) => type === "image" || type === "local_image");
  const parts = input.map(async (part): Promise<MessageItem["content"]> => {
    switch (part.type) {
      case "text":
        return [{ type: "input_text", text: part.text }];
      case "image":
        return [
          { type: "input_text", text: "<image>" },
          { type: "input_image", image_url: part.image_url, detail: part.detail ?? "high" },
          { type: "input_text", text: "</image>" },
        ];
      case "local_image":
        return pictureContent(part, pictures.indexOf(part) + 1, files, signal);
      case "skill":
      case "mention":
        return [];
      default:
        return part satisfies never;
    }
  });
  return { type: "message", role: "user", content: (await Promise.all(parts)).flat() };
}

export function userText(input: readonly UserInput[]): string {
  return input.map((part) => (part.type === "text" ? part.text : "")).join("");
}

function agentMessage(item: MessageItem, fallback_id: string): TurnItem {
  const phase = item.phase === undefined ? {} : { phase: item.phase };
  return {
    type: "AgentMessage",
    id: item.id ?? fallback_id,
    content: [{ type: "Text", text: textOf(item) }],
    ...phase,
  };
}

function reasoning(item: ReasoningItem, fallback_id: string): TurnItem {
  return {
    type: "Reasoning",
    id: item.id ?? fallback_id,
    summary_text: item.summary.map((part) => part.text),
    raw_content: (item.content ?? []).map((part) => part.text),
  };
}

function webSearch({ id, action }: WebSearchCallItem, fallback_id: string): TurnItem {
  const known = action ?? { type: "other" };
  return { type: "WebSearch", id: id ?? fallback_id, query: queryOf(known), action: known };
}

/** In one line, by what the real one writes (live.md §2.2). */
function queryOf(action: WebSearchAction): string {
  switch (action.type) {
    case "search": {
      const [first = "", ...others] = action.queries ?? [];
      return action.query ?? (others.length > 0 ? `${first} ...` : first);
    }
    case "open_page":
      return action.url ?? "";
    case "find_in_page":
      return `'${action.pattern ?? ""}' in ${action.url ?? ""}`;
    case "other":
      return "";
    default:
      return action satisfies never;
  }
}

function textOf(item: MessageItem): string {
  return item.content.map((part) => (part.type === "output_text" ? part.text : "")).join("");
}
