import type { ContentItem, ContentPart, ResponseItem } from "@codex/protocol";
import { estimateTokens } from "./truncate.js";

/** What an inlined image counts, whatever its file weighs (core.md §3.6). */
const IMAGE_BYTES = 7373;
/** Encrypted content is base64 with a fixed overhead. */
const ENCRYPTED_OVERHEAD = 650;

/** Tokens that an item takes in a request: a quarter of its bytes (core.md §3.6). */
export function itemTokens(item: ResponseItem): number {
  return estimateTokens(itemBytes(item));
}

export function historyTokens(items: readonly ResponseItem[]): number {
  return items.reduce((sum, item) => sum + itemTokens(item), 0);
}

/** Items behind the last one that a model wrote: no usage it reported knows of them. */
export function itemsSinceModel(items: readonly ResponseItem[]): readonly ResponseItem[] {
  return items.slice(items.findLastIndex(isFromModel) + 1);
}

function isFromModel(item: ResponseItem): boolean {
  switch (item.type) {
    case "message":
      return item.role === "assistant";
    case "function_call_output":
    case "custom_tool_call_output":
      return false;
    case "reasoning":
    case "function_call":
    case "custom_tool_call":
    case "local_shell_call":
    case "web_search_call":
    case "compaction":
      return true;
    default:
      return item satisfies never;
  }
}

function itemBytes(item: ResponseItem): number {
  if ((item.type === "reasoning" || item.type === "compaction") && item.encrypted_content !== null) {
    return Math.max(0, Math.floor((item.encrypted_content.length * 3) / 4) - ENCRYPTED_OVERHEAD);
  }
  const parts = partsOf(item);
  const images = parts.filter((part) => part.type === "input_image" && part.image_url.startsWith("data:"));
  const urls = images.reduce((sum, part) => sum + (part.type === "input_image" ? part.image_url.length : 0), 0);
  return Buffer.byteLength(JSON.stringify(item)) - urls + images.length * IMAGE_BYTES;
}

function partsOf(item: ResponseItem): readonly (ContentItem | ContentPart)[] {
  if (item.type === "message") return item.content;
  if (item.type !== "function_call_output" && item.type !== "custom_tool_call_output") return [];
  return typeof item.output === "string" ? [] : item.output;
}
