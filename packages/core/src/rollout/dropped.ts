import type { ResponseItem, RolloutLine } from "@codex/protocol";
import { messageText } from "../prompt/fragments.js";
import { itemTokens } from "../prompt/tokens.js";
import { Rebuilder } from "./rebuild.js";

/** What one compaction left out of the conversation. The items themselves stay in the file. */
export type Dropped = {
  readonly timestamp: string;
  readonly items: readonly { readonly kind: string; readonly tokens: number; readonly text: string }[];
};

/** Characters of an item's text that are shown. */
const SHOWN = 120;

/** Everything that compactions left out, one entry each, in order. */
export function listDropped(lines: Iterable<RolloutLine>): readonly Dropped[] {
  const rebuilder = new Rebuilder();
  const dropped: Dropped[] = [];
  for (const line of lines) {
    const before = line.type === "compacted" ? rebuilder.history : [];
    rebuilder.take(line);
    if (line.type !== "compacted") continue;
    const kept = new Set(rebuilder.history.map((item) => JSON.stringify(item)));
    const items = before.filter((item) => !kept.has(JSON.stringify(item)));
    dropped.push({ timestamp: line.timestamp, items: items.map(describe) });
  }
  return dropped;
}

function describe(item: ResponseItem): Dropped["items"][number] {
  const kind = item.type === "message" ? `${item.role} message` : item.type.replaceAll("_", " ");
  return { kind, tokens: itemTokens(item), text: textOf(item).replaceAll(/\s+/g, " ").trim().slice(0, SHOWN) };
}

function textOf(item: ResponseItem): string {
  switch (item.type) {
    case "message":
      return messageText(item);
    case "reasoning":
      return item.summary.map((part) => part.text).join(" ");
    case "function_call":
      return `${item.name} ${item.arguments}`;
    case "custom_tool_call":
      return `${item.name} ${item.input}`;
    case "function_call_output":
    case "custom_tool_call_output":
      return typeof item.output === "string" ? item.output : JSON.stringify(item.output);
    case "local_shell_call":
      return item.action.command.join(" ");
    case "web_search_call":
    case "compaction":
      return "";
    default:
      return item satisfies never;
  }
}
