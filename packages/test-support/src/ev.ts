/** Builders of the Responses API's server-sent events, as a server would send them (core.md §2.3). */

export type SseEvent = { readonly type: string; readonly [field: string]: unknown };

/** Text that goes to the wire as it is. */
export type RawText = { readonly raw: string };

export type Usage = {
  readonly input_tokens?: number;
  readonly input_tokens_details?: { readonly cached_tokens: number };
  readonly output_tokens?: number;
  readonly output_tokens_details?: { readonly reasoning_tokens: number };
  readonly total_tokens?: number;
};

const USAGE: Usage = {
  input_tokens: 100,
  input_tokens_details: { cached_tokens: 10 },
  output_tokens: 20,
  output_tokens_details: { reasoning_tokens: 5 },
  total_tokens: 120,
};

type Item = { readonly type: string; readonly [field: string]: unknown };

function done(item: Item): SseEvent {
  return { type: "response.output_item.done", output_index: 0, item };
}

export type MessageOptions = { readonly id?: string; readonly phase?: "commentary" | "final_answer" };

export type CompletedOptions = {
  readonly id?: string;
  /** `null`: the event tells no usage. */
  readonly usage?: Usage | null;
  readonly end_turn?: boolean;
};

export const ev = {
  created: (id = "resp_1"): SseEvent => ({ type: "response.created", response: { id } }),

  started: (item: Item): SseEvent => ({ type: "response.output_item.added", output_index: 0, item }),

  messageStarted: (id = "msg_1"): SseEvent => ev.started({ type: "message", role: "assistant", id, content: [] }),

  textDelta: (delta: string, item_id = "msg_1"): SseEvent => ({
    type: "response.output_text.delta",
    item_id,
    output_index: 0,
    content_index: 0,
    delta,
  }),

  message: (text: string, { id = "msg_1", phase }: MessageOptions = {}): SseEvent =>
    done({
      type: "message",
      role: "assistant",
      id,
      status: "completed",
      ...(phase === undefined ? {} : { phase }),
      content: [{ type: "output_text", text, annotations: [] }],
    }),

  reasoningDelta: (delta: string, summary_index = 0, item_id = "rs_1"): SseEvent => ({
    type: "response.reasoning_summary_text.delta",
    item_id,
    summary_index,
    delta,
  }),

  reasoning: (summary: string, encrypted_content: string | null = "encrypted", id = "rs_1"): SseEvent =>
    done({ type: "reasoning", id, summary: [{ type: "summary_text", text: summary }], encrypted_content }),

  webSearch: (id: string, action: object): SseEvent =>
    done({ type: "web_search_call", id, status: "completed", action }),

  /** `input`: an object becomes JSON; a string goes as the model wrote it. */
  call: (call_id: string, name: string, input: object | string): SseEvent =>
    done({
      type: "function_call",
      id: `fc_${call_id}`,
      call_id,
      name,
      arguments: typeof input === "string" ? input : JSON.stringify(input),
      status: "completed",
    }),

  customCall: (call_id: string, name: string, input: string): SseEvent =>
    done({ type: "custom_tool_call", id: `ctc_${call_id}`, call_id, name, input, status: "completed" }),

  customInputDelta: (delta: string, item_id: string): SseEvent => ({
    type: "response.custom_tool_call_input.delta",
    item_id,
    delta,
  }),

  item: done,

  completed: ({ id = "resp_1", usage = USAGE, end_turn }: CompletedOptions = {}): SseEvent => ({
    type: "response.completed",
    response: {
      id,
      object: "response",
      status: "completed",
      ...(usage === null ? {} : { usage }),
      ...(end_turn === undefined ? {} : { end_turn }),
    },
  }),

  failed: (code: string, message: string): SseEvent => ({
    type: "response.failed",
    response: { id: "resp_1", status: "failed", error: { code, message } },
  }),

  incomplete: (reason: string): SseEvent => ({
    type: "response.incomplete",
    response: { id: "resp_1", status: "incomplete", incomplete_details: { reason } },
  }),

  raw: (raw: string): RawText => ({ raw }),
} as const;

/** The bytes of an event on the wire. */
export function frame(event: SseEvent | RawText): string {
  return "raw" in event && !("type" in event)
    ? String(event.raw)
    : `event: ${String(event["type"])}\ndata: ${JSON.stringify(event)}\n\n`;
}
