import type { EventMsg, ModelEvent, Prompt, ResponseItem, ToolCall, TurnContext } from "@codex/protocol";
import { startedItem, turnItemOf } from "./items.js";

/** What one step is given; everything it learns goes out through these. */
export type StepPowers = {
  /** Appends a completed item to history and log. */
  record(item: ResponseItem): void;
  /** Starts a tool call; the promise never rejects. */
  dispatch(call: ToolCall): Promise<ResponseItem>;
  callOf(item: ResponseItem): ToolCall | undefined;
  addUsage(event: Extract<ModelEvent, { type: "completed" | "rate_limits" }>): void;
  newId(): string;
  keepPace(): Promise<void> | undefined;
};

export type StepResult = {
  /** The model waits for outputs, or the server asks for another step. */
  readonly continues: boolean;
};

/**
 * One model request and its tool calls. Only completed items are appended, and a call's output always follows, so after
 * a failure the history is good for another step. Calls start as they are announced; outputs are appended in call order
 * when all have settled, also when the stream breaks (core.md §1.6, §9.4).
 */
export async function runStep(prompt: Prompt, turn: TurnContext, powers: StepPowers): Promise<StepResult> {
  const outputs: Promise<ResponseItem>[] = [];
  const announced = new Set<string>();
  let continues = false;
  const take = (event: ModelEvent): void => {
    if (event.type === "item_done") {
      const call = powers.callOf(event.item);
      powers.record(event.item);
      completeItem(event.item, turn, { newId: powers.newId, announced });
      if (call !== undefined) outputs.push(powers.dispatch(call));
    } else if (event.type === "completed" || event.type === "rate_limits") {
      if (event.type === "completed") continues = event.continues;
      powers.addUsage(event);
    } else {
      if (event.type === "item_started") announced.add(event.item_id);
      showProgress(event, turn);
    }
  };
  try {
    for await (const event of turn.model.stream(prompt, turn.signal)) {
      take(event);
      const room = powers.keepPace();
      if (room !== undefined) await room;
    }
  } finally {
    for (const output of await Promise.all(outputs)) powers.record(output);
  }
  return { continues: continues || outputs.length > 0 };
}

type Progress = Exclude<ModelEvent, { type: "item_done" | "completed" | "rate_limits" }>;

function showProgress(event: Progress, turn: TurnContext): void {
  const show = (message: EventMsg): void => turn.session.emit(message, turn.id);
  const scope = { thread_id: turn.session.id, turn_id: turn.id };
  switch (event.type) {
    case "item_started": {
      const item = startedItem(event.kind, event.item_id);
      if (item !== undefined) show({ type: "item_started", ...scope, item });
      return;
    }
    case "text_delta": {
      const { item_id, delta } = event;
      show({ type: "agent_message_content_delta", ...scope, item_id, delta });
      return;
    }
    case "reasoning_delta": {
      const { item_id, delta, section } = event;
      show({ type: "reasoning_content_delta", ...scope, item_id, delta, summary_index: section });
      return;
    }
    case "rerouted":
      show({ type: "model_reroute", from_model: event.from, to_model: event.to, reason: "server" });
      return;
    case "tool_input_delta":
      return;
    default:
      return event satisfies never;
  }
}

type Completion = Pick<StepPowers, "newId"> & { readonly announced: ReadonlySet<string> };

/** A search that was never announced begins and ends here, so that faces see both (live.md §2.2). */
function completeItem(item: ResponseItem, turn: TurnContext, { newId, announced }: Completion): void {
  const done = turnItemOf(item, newId());
  if (done === undefined) return;
  const scope = { thread_id: turn.session.id, turn_id: turn.id };
  const begins = done.type === "WebSearch" && !announced.has(done.id);
  if (begins) turn.session.emit({ type: "item_started", ...scope, item: done }, turn.id);
  turn.session.emit({ type: "item_completed", ...scope, item: done }, turn.id);
}
