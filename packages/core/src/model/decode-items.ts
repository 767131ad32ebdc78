import { randomUUID } from "node:crypto";
import { fieldsOf, isFields, listOf, numberOf, oneOf, textOf } from "@codex/common";
import type { Fields } from "@codex/common";
import type {
  ContentItem,
  CustomToolCallItem,
  FunctionCallItem,
  LocalShellCallItem,
  MessageItem,
  ReasoningItem,
  ResponseItem,
  WebSearchAction,
  WebSearchCallItem,
} from "@codex/protocol";

/**
 * An item as the server sent it, with the fields that our types know (core.md §3.1). `undefined`: unknown, or not
 * something a model says (a user's message).
 */
export function decodeItem(value: unknown): ResponseItem | undefined {
  const item = fieldsOf(value);
  switch (item["type"]) {
    case "message":
      return decodeMessage(item);
    case "reasoning":
      return decodeReasoning(item);
    case "function_call":
      return decodeFunctionCall(item);
    case "custom_tool_call":
      return decodeCustomCall(item);
    case "local_shell_call":
      return decodeLocalShell(item);
    case "web_search_call":
      return decodeWebSearch(item);
    case "compaction":
    case "compaction_summary":
      return decodeCompaction(item);
    default:
      return undefined;
  }
}

/** The fields that are there, under their own names. */
function optional<Name extends string, T>(name: Name, value: T | undefined): { readonly [K in Name]?: T } {
  const field: { [K in Name]?: T } = {};
  if (value !== undefined) field[name] = value;
  return field;
}

function identity(item: Fields): { readonly id?: string } {
  return optional("id", textOf(item["id"]));
}

const PHASES = ["commentary", "final_answer"] as const;

function decodeMessage(item: Fields): MessageItem | undefined {
  if (item["role"] !== "assistant") return undefined;
  const content = listOf(item["content"]).flatMap(decodeContent);
  return {
    type: "message",
    ...identity(item),
    role: "assistant",
    content,
    ...optional("phase", oneOf(item["phase"], PHASES)),
    ...optional("status", textOf(item["status"])),
  };
}

/** A refusal is shown as what the assistant said: dropping it would end the turn in silence. */
function decodeContent(value: unknown): ContentItem[] {
  const part = fieldsOf(value);
  const text = part["type"] === "refusal" ? textOf(part["refusal"]) : textOf(part["text"]);
  if (text === undefined || !["output_text", "refusal"].includes(String(part["type"]))) return [];
  return [{ type: "output_text", text }];
}

/** `encrypted_content` goes back verbatim (core.md §9.10). */
function decodeReasoning(item: Fields): ReasoningItem {
  const summary = listOf(item["summary"]).flatMap((value) => {
    const text = textOf(fieldsOf(value)["text"]);
    return text === undefined ? [] : [{ type: "summary_text" as const, text }];
  });
  const content = listOf(item["content"]).flatMap((value) => {
    const part = fieldsOf(value);
    const type = oneOf(part["type"], ["reasoning_text", "text"]);
    const text = textOf(part["text"]);
    return type === undefined || text === undefined ? [] : [{ type, text }];
  });
  return {
    type: "reasoning",
    ...identity(item),
    summary,
    ...optional("content", content.length > 0 ? content : undefined),
    encrypted_content: textOf(item["encrypted_content"]) ?? null,
  };
}

/** Some servers name a call only by its item id, or not at all. */
function callIdOf(item: Fields): string {
  const told = [item["call_id"], item["id"]].map(textOf).find((id) => id !== undefined && id !== "");
  return told ?? `call_${randomUUID()}`;
}

/** A call is never dropped: without a name it is answered like one of a tool that does not exist. */
export const UNNAMED = "unnamed";

function decodeFunctionCall(item: Fields): FunctionCallItem {
  const written = item["arguments"];
  return {
    type: "function_call",
    ...identity(item),
    name: textOf(item["name"]) || UNNAMED,
    ...optional("namespace", textOf(item["namespace"])),
    arguments: isFields(written) ? JSON.stringify(written) : (textOf(written) ?? ""),
    call_id: callIdOf(item),
  };
}

function decodeCustomCall(item: Fields): CustomToolCallItem {
  return {
    type: "custom_tool_call",
    ...identity(item),
    ...optional("status", textOf(item["status"])),
    call_id: callIdOf(item),
    name: textOf(item["name"]) || UNNAMED,
    input: textOf(item["input"]) ?? "",
  };
}

function decodeLocalShell(item: Fields): LocalShellCallItem | undefined {
  const action = fieldsOf(item["action"]);
  const command = listOf(action["command"]).filter((word) => typeof word === "string");
  if (action["type"] !== "exec" || command.length === 0) return undefined;
  const env = Object.entries(fieldsOf(action["env"])).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : [],
  );
  return {
    type: "local_shell_call",
    ...identity(item),
    call_id: callIdOf(item),
    status: oneOf(item["status"], ["completed", "in_progress", "incomplete"]) ?? "completed",
    action: {
      type: "exec",
      command,
      ...optional("timeout_ms", numberOf(action["timeout_ms"])),
      ...optional("working_directory", textOf(action["working_directory"])),
      ...optional("env", env.length > 0 ? Object.fromEntries(env) : undefined),
      ...optional("user", textOf(action["user"])),
    },
  };
}

function decodeWebSearch(item: Fields): WebSearchCallItem {
  return {
    type: "web_search_call",
    ...identity(item),
    ...optional("status", textOf(item["status"])),
    ...optional("action", isFields(item["action"]) ? decodeSearchAction(item["action"]) : undefined),
  };
}

function decodeSearchAction(action: Fields): WebSearchAction {
  const url = optional("url", textOf(action["url"]));
  switch (action["type"]) {
    case "search": {
      const queries = listOf(action["queries"]).filter((query) => typeof query === "string");
      return {
        type: "search",
        ...optional("query", textOf(action["query"])),
        ...optional("queries", queries.length > 0 ? queries : undefined),
      };
    }
    case "open_page":
      return { type: "open_page", ...url };
    case "find_in_page":
      return { type: "find_in_page", ...url, ...optional("pattern", textOf(action["pattern"])) };
    default:
      return { type: "other" };
  }
}

function decodeCompaction(item: Fields): ResponseItem | undefined {
  const encrypted_content = textOf(item["encrypted_content"]);
  return encrypted_content === undefined ? undefined : { type: "compaction", ...identity(item), encrypted_content };
}
