import type { MessageItem, TurnId, UserInput } from "@codex/protocol";
import { childController } from "@codex/common";
import type { TurnAborted } from "../turn/aborted.js";

/** The turn that runs now: how to stop it, and what was said to it meanwhile. */
export class ActiveTurn {
  readonly id: TurnId;
  readonly #child: ReturnType<typeof childController>;
  #pending: (readonly UserInput[])[] = [];
  #notes: MessageItem[] = [];
  /** What was asked for while it ran and has to wait for its end, in order. */
  readonly afterwards: (() => void)[] = [];
  /** Settles when the turn is over, tools included. Never rejects. */
  done: Promise<void> = Promise.resolve();

  constructor(id: TurnId, session: AbortSignal) {
    this.id = id;
    this.#child = childController(session);
  }

  get signal(): AbortSignal {
    return this.#child.controller.signal;
  }

  steer(input: readonly UserInput[]): void {
    this.#pending.push(input);
  }

  takePending(): readonly (readonly UserInput[])[] {
    const pending = this.#pending;
    this.#pending = [];
    return pending;
  }

  /** Something the model reads with its next request; it asks for none. */
  addNote(note: MessageItem): void {
    this.#notes.push(note);
  }

  takeNotes(): readonly MessageItem[] {
    const notes = this.#notes;
    this.#notes = [];
    return notes;
  }

  abort(reason: TurnAborted): void {
    this.#child.controller.abort(reason);
  }

  dispose(): void {
    this.#child[Symbol.dispose]();
  }
}
