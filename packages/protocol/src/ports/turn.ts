import type { Asks } from "../asks.js";
import type { EventMsg } from "../event.js";
import type { SessionId, TurnId } from "../ids.js";
import type { TurnSettings } from "../settings.js";
import type { ChildHandle, OpenRequest } from "./codex.js";
import type { Environment } from "./environment.js";
import type { ModelClient } from "./model.js";

/** A session as its turns and tools see it. */
export interface SessionScope {
  readonly id: SessionId;
  /** Of a sub-agent or a review: who opened it, and how many are above it. */
  readonly parent?: { readonly session: SessionId; readonly depth: number };
  /** Ends with the session; long-lived processes take this one. */
  readonly signal: AbortSignal;
  /** Appends to the log, calls the sinks, then shows it to the face: in that order. */
  emit(message: EventMsg, turn?: TurnId): void;
  /** Rejects with the signal's reason when it aborts first. */
  ask<K extends keyof Asks>(kind: K, question: Asks[K]["question"], signal: AbortSignal): Promise<Asks[K]["answer"]>;
  /**
   * A session below this one: it shares the budget, ends with this one, and starts from the same configuration. Throws
   * `limit_reached` when no more may be opened.
   */
  open(request: OpenRequest): Promise<ChildHandle>;
}

/** One turn, frozen. */
export interface TurnContext {
  readonly id: TurnId;
  readonly session: SessionScope;
  readonly settings: TurnSettings;
  readonly model: ModelClient;
  /** Unconfined. Only the guard may run anything in it. */
  readonly environment: Environment;
  readonly signal: AbortSignal;
}
