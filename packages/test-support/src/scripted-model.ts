import type { ModelClient, ModelEvent, ModelInfo, ModelProvider, Prompt, ResponseItem } from "@codex/protocol";
import type { TokenUsage, TurnSettings } from "@codex/protocol";

/** What one request is answered with. */
export type ModelStep =
  /** These events; a `completed` is added when they hold none. */
  | readonly ModelEvent[]
  /** These events, then the stream throws. */
  | { readonly events: readonly ModelEvent[]; readonly error: Error }
  /** Whatever the function yields. */
  | ((prompt: Prompt, signal: AbortSignal) => AsyncIterable<ModelEvent>);

export type ScriptedModel = ModelProvider & {
  /** Every prompt asked, in order. */
  readonly prompts: readonly Prompt[];
  /** Settings that clients were made with, in order. */
  readonly settings: readonly TurnSettings[];
  /** Throws when a step was not asked for, or more was asked than the script holds. */
  verify(): void;
};

export type ScriptedModelOptions = { readonly info?: Partial<ModelInfo>; readonly max_retries?: number };

const INFO: ModelInfo = {
  slug: "scripted",
  known: true,
  context_window: 272_000,
  truncation: { mode: "bytes", limit: 10_000 },
  parallel_tool_calls: true,
  reasoning: { summaries: true },
  apply_patch: "freeform",
  images: true,
};

/** A model that says what it is told to, one step per request. */
export function scriptedModel(steps: readonly ModelStep[], options: ScriptedModelOptions = {}): ScriptedModel {
  const prompts: Prompt[] = [];
  const settings: TurnSettings[] = [];
  const client: ModelClient = {
    info: { ...INFO, ...options.info },
    max_retries: options.max_retries ?? 5,
    stream: (prompt, signal) => {
      prompts.push(prompt);
      return play(steps[prompts.length - 1], prompt, signal);
    },
  };
  return {
    prompts,
    settings,
    client: (turn) => {
      settings.push(turn);
      return client;
    },
    verify: () => {
      if (prompts.length !== steps.length) throw new Error(`${prompts.length} requests for ${steps.length} steps`);
    },
  };
}

async function* play(
  step: ModelStep | undefined,
  prompt: Prompt,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, void, undefined> {
  if (step === undefined) throw new Error("the scripted model has no step left");
  if (typeof step === "function") {
    yield* step(prompt, signal);
    return;
  }
  const events = "events" in step ? step.events : step;
  for (const event of events) {
    signal.throwIfAborted();
    yield event;
  }
  if ("events" in step) throw step.error;
  if (!events.some(({ type }) => type === "completed")) yield say.completed();
}

const USAGE: TokenUsage = {
  input_tokens: 100,
  cached_input_tokens: 10,
  cache_write_input_tokens: 0,
  output_tokens: 20,
  reasoning_output_tokens: 5,
  total_tokens: 120,
};

function done(item: ResponseItem): ModelEvent {
  return { type: "item_done", item };
}

/** Builders of model events. */
export const say = {
  message: (text: string, id = "msg_1"): readonly ModelEvent[] => [
    { type: "item_started", item_id: id, kind: "message" },
    { type: "text_delta", item_id: id, delta: text },
    done({ type: "message", id, role: "assistant", content: [{ type: "output_text", text }] }),
  ],

  reasoning: (text: string, id = "rs_1"): readonly ModelEvent[] => [
    { type: "item_started", item_id: id, kind: "reasoning" },
    { type: "reasoning_delta", item_id: id, delta: text, section: 0 },
    done({ type: "reasoning", id, summary: [{ type: "summary_text", text }], encrypted_content: "encrypted" }),
  ],

  /** `input`: an object becomes JSON; a string goes as the model wrote it. */
  call: (call_id: string, name: string, input: object | string): ModelEvent =>
    done({
      type: "function_call",
      id: `fc_${call_id}`,
      call_id,
      name,
      arguments: typeof input === "string" ? input : JSON.stringify(input),
    }),

  customCall: (call_id: string, name: string, input: string): ModelEvent =>
    done({ type: "custom_tool_call", id: `ctc_${call_id}`, call_id, name, input }),

  completed: (change: { readonly usage?: TokenUsage; readonly continues?: boolean } = {}): ModelEvent => ({
    type: "completed",
    response_id: "resp_1",
    usage: change.usage ?? USAGE,
    continues: change.continues ?? false,
  }),
} as const;
