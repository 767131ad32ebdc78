import { randomUUID } from "node:crypto";
import { CodexError, fieldsOf, isFields, listOf, numberOf, parseJson, textOf } from "@codex/common";
import type { Fields } from "@codex/common";
import type { ModelEvent } from "@codex/protocol";
import { createParser } from "eventsource-parser";
import { ChatCalls } from "./chat-calls.js";
import { LINE_LIMIT } from "./decode.js";
import { redact } from "./redact.js";
import { disconnected, errorOfFailure, errorOfIncomplete } from "./stream-errors.js";
import { decodeUsage } from "./usage.js";
import type { Decoder, DecoderOptions } from "./wire.js";

type State = {
  readonly events: ModelEvent[];
  readonly secrets: readonly string[];
  readonly calls: ChatCalls;
  /** Of this answer: servers give their own answers ids that need not be unique. */
  readonly id: string;
  text: string;
  reasoning: string;
  /** Why the model stopped; from then on everything is said. */
  finish: string | undefined;
  usage: Fields | undefined;
  completed: boolean;
  failure: CodexError | undefined;
  fatal: CodexError | undefined;
};

/**
 * Reads the chat wire (core.md §2.12). Its items are whole only when the model stopped, so a stream that breaks before
 * leaves none: nothing can be lost by halves or come twice.
 */
export function createChatDecoder({ secrets, onEvent }: DecoderOptions): Decoder {
  const state: State = {
    events: [],
    secrets,
    calls: new ChatCalls(),
    id: randomUUID(),
    text: "",
    reasoning: "",
    finish: undefined,
    usage: undefined,
    completed: false,
    failure: undefined,
    fatal: undefined,
  };
  const parser = createParser({
    maxBufferSize: LINE_LIMIT,
    onEvent: ({ data }) => {
      onEvent();
      if (!state.completed && state.fatal === undefined) decodeData(data, state);
    },
    onError: (error) => {
      if (error.type !== "max-buffer-size-exceeded") return;
      state.fatal ??= new CodexError("response_stream_failed", `an event is longer than ${LINE_LIMIT} characters`);
    },
  });
  return {
    push: (text) => {
      if (state.fatal === undefined) parser.feed(text);
      return state.events.splice(0);
    },
    flush: () => {
      if (state.finish !== undefined && state.failure === undefined) complete(state);
      return state.events.splice(0);
    },
    get fatal() {
      return state.fatal;
    },
    get completed() {
      return state.completed;
    },
    get failed() {
      return state.failure !== undefined;
    },
    ending: (reason = "stream closed before the answer was complete") => state.failure ?? disconnected(reason),
  };
}

function decodeData(data: string, state: State): void {
  if (state.failure !== undefined) return;
  if (data.trim() === "[DONE]") {
    state.finish ??= hasSaidSomething(state) ? "stop" : undefined;
    if (state.finish !== undefined) complete(state);
    return;
  }
  const chunk = parseJson(data);
  if (!isFields(chunk)) return;
  if (chunk["error"] !== undefined && chunk["error"] !== null) {
    state.failure ??= failureOf(chunk["error"], state.secrets);
    return;
  }
  if (isFields(chunk["usage"])) state.usage = chunk["usage"];
  const choice = fieldsOf(listOf(chunk["choices"])[0]);
  decodeDelta(fieldsOf(choice["delta"] ?? choice["message"]), state);
  const finish = textOf(choice["finish_reason"]);
  if (finish !== undefined && finish !== "") state.finish ??= finish;
}

function hasSaidSomething(state: State): boolean {
  return state.text !== "" || state.calls.size > 0;
}

/** Some servers send a bare text. */
function failureOf(error: unknown, secrets: readonly string[]): CodexError {
  return errorOfFailure(isFields(error) ? error : { message: redact(String(error), secrets) }, secrets);
}

function decodeDelta(delta: Fields, state: State): void {
  const reasoning = reasoningOf(delta);
  if (reasoning !== "") {
    const item_id = `rs_${state.id}`;
    if (state.reasoning === "") state.events.push({ type: "item_started", item_id, kind: "reasoning" });
    state.events.push({ type: "reasoning_delta", item_id, delta: reasoning, section: 0 });
    state.reasoning += reasoning;
  }
  const text = [delta["content"], delta["refusal"]].map(contentText).join("");
  if (text !== "") {
    const item_id = `msg_${state.id}`;
    if (state.text === "") state.events.push({ type: "item_started", item_id, kind: "message" });
    state.events.push({ type: "text_delta", item_id, delta: text });
    state.text += text;
  }
  for (const call of listOf(delta["tool_calls"])) state.calls.add(fieldsOf(call));
  if (isFields(delta["function_call"])) state.calls.add({ index: 0, function: delta["function_call"] });
}

/** Text, or parts with text. */
function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  return listOf(content)
    .map((part) => textOf(fieldsOf(part)["text"]) ?? "")
    .join("");
}

/** `reasoning`, `reasoning_content`, or an object with `text` or `content`. */
function reasoningOf(delta: Fields): string {
  const value = delta["reasoning"] ?? delta["reasoning_content"];
  if (typeof value === "string") return value;
  const fields = fieldsOf(value);
  return textOf(fields["text"]) ?? textOf(fields["content"]) ?? "";
}

/** The model stopped: hands over what it said, in the order reasoning, message, calls. */
function complete(state: State): void {
  const { id, reasoning, text, finish, usage } = state;
  const done = (item: Extract<ModelEvent, { type: "item_done" }>["item"]): void => {
    state.events.push({ type: "item_done", item });
  };
  if (reasoning !== "") {
    const content = [{ type: "reasoning_text" as const, text: reasoning }];
    done({ type: "reasoning", id: `rs_${id}`, summary: [], content, encrypted_content: null });
  }
  if (text !== "") {
    done({ type: "message", id: `msg_${id}`, role: "assistant", content: [{ type: "output_text", text }] });
  }
  if (finish === "length" || finish === "content_filter") {
    // a call that was cut off is not the one the model meant
    state.fatal = errorOfIncomplete({ reason: finish === "length" ? "max_output_tokens" : finish });
    return;
  }
  for (const call of state.calls.items(id)) done(call);
  state.completed = true;
  const tokens = usage === undefined ? undefined : decodeUsage(responsesUsage(usage));
  state.events.push({ type: "completed", response_id: id, usage: tokens, continues: false });
}

/** The same numbers under the names of the Responses wire. */
function responsesUsage(usage: Fields): Fields {
  return {
    input_tokens: numberOf(usage["prompt_tokens"]),
    input_tokens_details: usage["prompt_tokens_details"],
    output_tokens: numberOf(usage["completion_tokens"]),
    output_tokens_details: usage["completion_tokens_details"],
    total_tokens: numberOf(usage["total_tokens"]),
  };
}
