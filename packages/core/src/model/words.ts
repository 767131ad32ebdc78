import type { ModelEvent, ResponseItem } from "@codex/protocol";

/** Changes to the model's words: plain text, and text inside JSON. */
export type WordChange = { readonly plain: (text: string) => string; readonly json: (text: string) => string };

/** An event with every word of the model changed; ids and names of tools stay. */
export function changeWords(event: ModelEvent, change: WordChange): ModelEvent {
  switch (event.type) {
    case "text_delta":
    case "reasoning_delta":
    case "tool_input_delta":
      return { ...event, delta: change.plain(event.delta) };
    case "item_done":
      return { ...event, item: changeItem(event.item, change) };
    case "item_started":
    case "rate_limits":
    case "rerouted":
    case "completed":
      return event;
    default:
      return event satisfies never;
  }
}

function changeItem(item: ResponseItem, { plain, json }: WordChange): ResponseItem {
  switch (item.type) {
    case "message":
      return {
        ...item,
        content: item.content.map((part) => ("text" in part ? { ...part, text: plain(part.text) } : part)),
      };
    case "reasoning":
      return { ...item, summary: item.summary.map((part) => ({ ...part, text: plain(part.text) })) };
    case "function_call":
      return { ...item, arguments: json(item.arguments) };
    case "custom_tool_call":
      return { ...item, input: plain(item.input) };
    case "local_shell_call": {
      const { working_directory, command } = item.action;
      const where = typeof working_directory === "string" ? { working_directory: plain(working_directory) } : {};
      return { ...item, action: { ...item.action, command: command.map(plain), ...where } };
    }
    case "function_call_output":
    case "custom_tool_call_output":
    case "web_search_call":
    case "compaction":
      return item;
    default:
      return item satisfies never;
  }
}

/** Neighbouring deltas of one item as one, so that a path split over two is seen whole. */
export function joinDeltas(events: readonly ModelEvent[]): ModelEvent[] {
  const joined: ModelEvent[] = [];
  for (const event of events) {
    const last = joined.at(-1);
    const both = last === undefined ? undefined : joinTwo(last, event);
    if (both === undefined) joined.push(event);
    else joined[joined.length - 1] = both;
  }
  return joined;
}

function joinTwo(first: ModelEvent, second: ModelEvent): ModelEvent | undefined {
  if (first.type === "text_delta" && second.type === "text_delta" && first.item_id === second.item_id) {
    return { ...first, delta: first.delta + second.delta };
  }
  if (first.type === "tool_input_delta" && second.type === "tool_input_delta" && first.item_id === second.item_id) {
    return { ...first, delta: first.delta + second.delta };
  }
  if (first.type !== "reasoning_delta" || second.type !== "reasoning_delta") return undefined;
  if (first.item_id !== second.item_id || first.section !== second.section) return undefined;
  return { ...first, delta: first.delta + second.delta };
}
