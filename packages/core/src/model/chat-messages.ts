import { parseJson } from "@codex/common";
import type { ContentItem, ContentPart, OutputPayload, ReasoningItem, ResponseItem } from "@codex/protocol";

type Part =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image_url"; readonly image_url: { readonly url: string } };

type Call = {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string; readonly arguments: string };
};

type Assistant = { readonly role: "assistant"; content: string | null; reasoning?: string; tool_calls?: Call[] };

/** A message of the chat wire. */
export type ChatMessage =
  | { readonly role: "system"; readonly content: string }
  | { readonly role: "user"; readonly content: string | readonly Part[] }
  | Assistant
  | { readonly role: "tool"; readonly tool_call_id: string; readonly content: string };

/**
 * History as chat messages (core.md §2.12). Calls hang on the assistant message before them, neighbouring messages of
 * one role are joined (many templates insist on turns), and images that a tool returned follow as the user's.
 */
export function chatMessages(instructions: string, input: readonly ResponseItem[]): readonly ChatMessage[] {
  const writer = new MessageWriter(input.findLastIndex((item) => item.type === "message" && item.role === "user"));
  if (instructions !== "") writer.system(instructions);
  for (const [index, item] of input.entries()) writer.add(item, index);
  return writer.end();
}

class MessageWriter {
  readonly #messages: ChatMessage[] = [];
  /** Only reasoning of the running turn goes back. */
  readonly #last_user: number;
  #reasoning = "";
  /** Images of tool outputs: they may not stand between the outputs. */
  #images: Part[] = [];

  constructor(last_user: number) {
    this.#last_user = last_user;
  }

  add(item: ResponseItem, index: number): void {
    switch (item.type) {
      case "message":
        return this.#message(item.role, item.content);
      case "reasoning":
        if (index > this.#last_user) this.#reasoning += rawReasoning(item);
        return;
      case "function_call":
        return this.#call(item.call_id, `${item.namespace ?? ""}${item.name}`, item.arguments);
      case "custom_tool_call":
        return this.#call(item.call_id, item.name, JSON.stringify({ input: item.input }));
      case "local_shell_call":
        if (item.call_id !== null) this.#call(item.call_id, "shell", JSON.stringify(item.action));
        return;
      case "function_call_output":
      case "custom_tool_call_output":
        return this.#output(item.call_id, item.output);
      case "web_search_call":
      case "compaction":
        return;
      default:
        return item satisfies never;
    }
  }

  system(text: string): void {
    const last = this.#messages.at(-1);
    if (last?.role !== "system") this.#messages.push({ role: "system", content: text });
    else this.#messages[this.#messages.length - 1] = { role: "system", content: `${last.content}\n\n${text}` };
  }

  end(): readonly ChatMessage[] {
    this.#flushImages();
    return this.#messages;
  }

  #message(role: "user" | "assistant" | "developer", content: readonly ContentItem[]): void {
    this.#flushImages();
    if (role === "developer") return this.system(plainText(content));
    if (role === "user") return this.#user(content.map(partOf));
    const text = plainText(content);
    const last = this.#messages.at(-1);
    // a server that repeats itself after a broken stream
    if (last?.role === "assistant" && last.tool_calls === undefined && last.content === text) return;
    this.#messages.push(this.#withReasoning({ role: "assistant", content: text }));
  }

  #user(parts: readonly Part[]): void {
    const last = this.#messages.at(-1);
    if (last?.role !== "user") {
      this.#messages.push({ role: "user", content: compact(parts) });
      return;
    }
    const before: readonly Part[] =
      typeof last.content === "string" ? [{ type: "text", text: last.content }] : last.content;
    this.#messages[this.#messages.length - 1] = { role: "user", content: compact([...before, ...parts]) };
  }

  #call(id: string, name: string, text: string): void {
    this.#flushImages();
    const call: Call = { id, type: "function", function: { name, arguments: readable(text) } };
    const last = this.#messages.at(-1);
    if (last?.role === "assistant") (last.tool_calls ??= []).push(call);
    else this.#messages.push(this.#withReasoning({ role: "assistant", content: null, tool_calls: [call] }));
  }

  #output(tool_call_id: string, output: OutputPayload): void {
    const parts: readonly ContentPart[] = typeof output === "string" ? [{ type: "input_text", text: output }] : output;
    this.#messages.push({ role: "tool", tool_call_id, content: plainText(parts) });
    this.#images.push(...parts.filter((part) => part.type === "input_image").map(partOf));
  }

  #flushImages(): void {
    if (this.#images.length > 0) this.#user(this.#images);
    this.#images = [];
  }

  #withReasoning(message: Assistant): Assistant {
    const reasoning = this.#reasoning;
    this.#reasoning = "";
    return reasoning === "" ? message : { ...message, reasoning };
  }
}

function rawReasoning({ content }: ReasoningItem): string {
  return (content ?? []).map((part) => part.text).join("");
}

function partOf(part: ContentItem): Part {
  if (part.type === "input_image") return { type: "image_url", image_url: { url: part.image_url } };
  return { type: "text", text: part.text };
}

function plainText(content: readonly (ContentItem | ContentPart)[]): string {
  return content.map((part) => (part.type === "input_image" ? "" : part.text)).join("");
}

/** Servers parse the arguments of past calls: what the model wrote wrong must not make every later request fail. */
function readable(text: string): string {
  if (text.trim() === "") return "{}";
  return parseJson(text) === undefined ? JSON.stringify({ malformed_arguments: text }) : text;
}

/** Text alone goes as a string. */
function compact(parts: readonly Part[]): string | readonly Part[] {
  const texts = parts.map((part) => (part.type === "text" ? part.text : undefined));
  return texts.every((text) => text !== undefined) ? texts.join("\n\n") : parts;
}
