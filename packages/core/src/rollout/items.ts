import { fieldsOf, listOf, oneOf, textOf } from "@codex/common";
import type { Fields } from "@codex/common";
import type { ContentItem, ContentPart, ImageDetail, MessageItem, OutputPayload, ResponseItem } from "@codex/protocol";
import { decodeItem } from "../model/decode-items.js";

/** An item as a session file holds it, whoever wrote it; `undefined`: not part of a history (rollout-live.md §3.5). */
export function decodeStoredItem(value: unknown): ResponseItem | undefined {
  const item = fieldsOf(value);
  switch (item["type"]) {
    case "message":
      return decodeMessage(item);
    case "function_call_output":
    case "custom_tool_call_output":
      return decodeOutput(item, item["type"]);
    default:
      return decodeItem(value);
  }
}

const ROLES = ["user", "developer"] as const;
const DETAILS = ["low", "high", "original", "auto"] as const satisfies readonly ImageDetail[];

function decodeMessage(item: Fields): MessageItem | undefined {
  const role = oneOf(item["role"], ROLES);
  if (role === undefined) {
    const message = decodeItem(item);
    return message?.type === "message" ? message : undefined;
  }
  return { type: "message", ...identity(item), role, content: listOf(item["content"]).flatMap(decodeContent) };
}

function decodeContent(value: unknown): readonly ContentItem[] {
  const part = fieldsOf(value);
  if (part["type"] !== "output_text") return decodePart(value);
  const text = textOf(part["text"]);
  return text === undefined ? [] : [{ type: "output_text", text }];
}

function decodePart(value: unknown): readonly ContentPart[] {
  const part = fieldsOf(value);
  if (part["type"] === "input_text") {
    const text = textOf(part["text"]);
    return text === undefined ? [] : [{ type: "input_text", text }];
  }
  const image_url = textOf(part["image_url"]);
  if (part["type"] !== "input_image" || image_url === undefined) return [];
  const detail = oneOf(part["detail"], DETAILS);
  return [{ type: "input_image", image_url, ...(detail === undefined ? {} : { detail }) }];
}

function decodeOutput(
  item: Fields,
  type: "function_call_output" | "custom_tool_call_output",
): ResponseItem | undefined {
  const call_id = textOf(item["call_id"]);
  const output = decodePayload(item["output"]);
  return call_id === undefined || output === undefined ? undefined : { type, ...identity(item), call_id, output };
}

function decodePayload(output: unknown): OutputPayload | undefined {
  return Array.isArray(output) ? output.flatMap(decodePart) : textOf(output);
}

function identity(item: Fields): { readonly id?: string } {
  const id = textOf(item["id"]);
  return id === undefined ? {} : { id };
}
