import type { ToolCall, ToolOutput } from "./tool.js";
import type { TurnContext } from "./turn.js";

/** Asked before and after things happen. They can refuse or add something for the model; they allow nothing. */
export interface Hooks {
  /** A refusal: the tool does not run. */
  before(call: ToolCall, turn: TurnContext): Promise<HookAnswer>;
  /** A refusal: the model reads the reason beside what the tool gave. */
  after(call: ToolCall, output: ToolOutput, turn: TurnContext): Promise<HookAnswer>;
  on(point: HookPoint, turn: TurnContext): Promise<HookAnswer>;
}

export type HookPoint =
  /** Before the first turn of an opened session. A refusal fails the turn. */
  | { readonly type: "session_start" }
  /** A refusal: the prompt is not taken. */
  | { readonly type: "prompt"; readonly text: string }
  /** The model is done. A refusal: it goes on, with the reason. `again`: it has gone on before in this turn. */
  | { readonly type: "stop"; readonly last_message: string | undefined; readonly again: boolean };

export type HookAnswer =
  /** `context`: words for the model. */
  { readonly type: "continue"; readonly context?: string } | { readonly type: "deny"; readonly reason: string };
