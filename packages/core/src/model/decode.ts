import { CodexError, fieldsOf, isFields, numberOf, parseJson, textOf } from "@codex/common";
import type { Fields } from "@codex/common";
import type { ModelEvent } from "@codex/protocol";
import { createParser } from "eventsource-parser";
import { decodeItem } from "./decode-items.js";
import { decodeUsage } from "./usage.js";
import { disconnected, errorOfFailure, errorOfIncomplete } from "./stream-errors.js";
import { redact } from "./redact.js";
import type { Decoder, DecoderOptions } from "./wire.js";

/** One line of a stream may not be longer than this many characters. */
export const LINE_LIMIT = 64 * 1024 * 1024;

/** The kinds of items that a face may show while they grow. */
const STARTING = new Set(["message", "reasoning", "function_call", "custom_tool_call", "web_search_call"]);

type State = {
  readonly events: ModelEvent[];
  readonly secrets: readonly string[];
  completed: boolean;
  /** `response.failed` is surfaced when the stream closes. */
  failure: CodexError | undefined;
  fatal: CodexError | undefined;
  /** Of the item that was added last, for deltas that name none. */
  item_id: string;
  /** Text of an `error` event: not a failure by itself, but it tells why the stream ends. */
  hint: string | undefined;
};

/** Reads the Responses wire (core.md §2.3; live.md §1.3). */
export function createDecoder({ secrets, onEvent }: DecoderOptions): Decoder {
  const state: State = {
    events: [],
    secrets,
    completed: false,
    failure: undefined,
    fatal: undefined,
    item_id: "",
    hint: undefined,
  };
  const parser = createParser({
    maxBufferSize: LINE_LIMIT,
    onEvent: ({ data }) => {
      onEvent();
      if (state.completed || state.fatal !== undefined) return;
      const event = parseJson(data);
      if (isFields(event)) decodeEvent(event, state);
    },
    onError: (error) => {
      if (error.type !== "max-buffer-size-exceeded") return;
      const message = `stream disconnected before completion: an event is longer than ${LINE_LIMIT} characters`;
      state.fatal ??= new CodexError("response_stream_failed", message);
    },
  });
  return {
    push: (text) => {
      if (state.fatal === undefined) parser.feed(text);
      return state.events.splice(0);
    },
    flush: () => [],
    get fatal() {
      return state.fatal;
    },
    get completed() {
      return state.completed;
    },
    get failed() {
      return state.failure !== undefined;
    },
    ending: (reason = "stream closed before response.completed") => state.failure ?? disconnected(reason, state.hint),
  };
}

function decodeEvent(event: Fields, state: State): void {
  const { events } = state;
  const item_id = textOf(event["item_id"]) ?? state.item_id;
  const delta = textOf(event["delta"]);
  switch (event["type"]) {
    case "response.output_text.delta":
      if (delta !== undefined) events.push({ type: "text_delta", item_id, delta });
      return;
    case "response.reasoning_summary_text.delta":
      if (delta === undefined) return;
      events.push({ type: "reasoning_delta", item_id, delta, section: numberOf(event["summary_index"]) ?? 0 });
      return;
    case "response.custom_tool_call_input.delta":
      if (delta !== undefined) events.push({ type: "tool_input_delta", item_id, delta });
      return;
    case "response.output_item.added":
      return decodeStart(fieldsOf(event["item"]), state);
    case "response.output_item.done": {
      const item = decodeItem(event["item"]);
      if (item !== undefined) events.push({ type: "item_done", item });
      return;
    }
    default:
      return decodeOutcome(event, state);
  }
}

function decodeStart(item: Fields, state: State): void {
  const kind = textOf(item["type"]);
  state.item_id = textOf(item["id"]) ?? "";
  if (kind === undefined || !STARTING.has(kind)) return;
  if (kind === "message" && item["role"] !== "assistant") return;
  state.events.push({ type: "item_started", item_id: state.item_id, kind });
}

function decodeOutcome(event: Fields, state: State): void {
  const response = fieldsOf(event["response"]);
  switch (event["type"]) {
    case "response.completed": {
      const response_id = textOf(response["id"]);
      if (response_id === undefined) {
        state.failure ??= disconnected("response.completed came without an id", state.hint);
        return;
      }
      const usage = isFields(response["usage"]) ? decodeUsage(response["usage"]) : undefined;
      state.completed = true;
      state.events.push({ type: "completed", response_id, usage, continues: response["end_turn"] === false });
      return;
    }
    case "response.failed":
      state.failure ??= errorOfFailure(response["error"], state.secrets);
      return;
    case "response.incomplete":
      state.fatal = errorOfIncomplete(response["incomplete_details"]);
      return;
    case "error":
      state.hint ??= redact(textOf(fieldsOf(event["error"] ?? event)["message"]) ?? "error", state.secrets);
      return;
    default:
      return;
  }
}
