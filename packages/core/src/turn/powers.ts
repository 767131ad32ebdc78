import type {
  Clock,
  MessageItem,
  ModelEvent,
  ResponseItem,
  SessionDeps,
  TurnContext,
  UserInput,
} from "@codex/protocol";
import type { Tally } from "../limits/tally.js";
import type { SessionState } from "../session/state.js";
import type { TurnAborted } from "./aborted.js";

/** What a turn is given by its session. While it runs, the turn alone writes the state. */
export type TurnPowers = {
  readonly deps: SessionDeps;
  readonly state: SessionState;
  readonly clock: Clock;
  /** What the turn has used so far. */
  readonly tally: Tally;
  /** Absolute; absent for a session that leaves no file. */
  readonly rollout_path: string | undefined;
  newId(): string;
  /** Appends an item to history and log. */
  record(item: ResponseItem): void;
  /** Writes the turn's settings to the log, and keeps them as what the model knows. */
  recordContext(): void;
  /** Puts another history in the place of this one, in the log too. */
  compact(message: string, history: readonly ResponseItem[]): void;
  addUsage(event: Extract<ModelEvent, { type: "completed" | "rate_limits" }>): void;
  /** Input that came while the turn ran. */
  takePending(): readonly (readonly UserInput[])[];
  /** Something for the model, behind the outputs of this step. */
  addNote(note: MessageItem): void;
  /** What happened beside the turn since the last step, for the model. */
  takeNotes(): readonly MessageItem[];
  /** Something to wait for while the face is far behind; nothing is asked of the model meanwhile. */
  keepPace(): Promise<void> | undefined;
  abortTurn(reason: TurnAborted): void;
};

/** A kind of turn: returns the last message; rejects when aborted or failed. */
export type TurnWork = (turn: TurnContext, powers: TurnPowers) => Promise<string | undefined>;
