import type { ModelEvent, ModelInfo, Prompt } from "../model.js";
import type { SessionId, TurnId } from "../ids.js";
import type { TurnSettings } from "../settings.js";

/** Hands out one client per turn. */
export interface ModelProvider {
  client(settings: TurnSettings, ids: { readonly session: SessionId; readonly turn: TurnId }): ModelClient;
}

export interface ModelClient {
  readonly info: ModelInfo;
  /** Stream attempts after the first one for one step. */
  readonly max_retries: number;
  /** Ends after `completed`, or throws a CodexError with a model code of errors.ts. */
  stream(prompt: Prompt, signal: AbortSignal): AsyncIterable<ModelEvent>;
}
