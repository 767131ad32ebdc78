import type { CallId } from "../ids.js";
import type { ContentPart } from "../items.js";
import type { ToolSpec } from "../model.js";
import type { Guard } from "./approval.js";
import type { TurnContext } from "./turn.js";

/** One call as the model made it. `text` is JSON for a function tool and raw text for a custom one. */
export type ToolCall = {
  readonly call_id: CallId;
  readonly name: string;
  readonly kind: "function" | "custom";
  readonly text: string;
};

export interface Tool {
  /** What the model is told; `undefined`: answered when called, but not offered. */
  readonly spec: ToolSpec | undefined;
  readonly name: string;
  /** May run beside its siblings. */
  readonly parallel: boolean;
  /** Settles soon after abort. A failure the model can repair is an output, not an exception. */
  invoke(call: ToolCall, context: ToolContext): Promise<ToolOutput>;
}

export interface ToolContext {
  readonly turn: TurnContext;
  readonly guard: Guard;
  readonly signal: AbortSignal;
}

export type ToolOutput = { readonly success: boolean; readonly content: readonly ContentPart[] };

export interface ToolSource extends AsyncDisposable {
  readonly name: string;
  tools(turn: TurnContext): Promise<readonly Tool[]>;
}
