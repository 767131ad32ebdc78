import type { AgentState, AgentStatus, ChildHandle, EventMsg, SessionScope, TurnId } from "@codex/protocol";
import { childController, createController, messageOf } from "@codex/common";
import { TurnAborted } from "../turn/aborted.js";
import { forwardAsk } from "./asks.js";
import type { WorkPlaces } from "./places.js";

export type AgentParts = {
  readonly handle: ChildHandle;
  readonly name: string;
  /** Of the session that opened it. */
  readonly scope: SessionScope;
  /** Of the turn that opened it: its questions are shown there. */
  readonly turn: TurnId;
  readonly places: WorkPlaces;
  /** Called after each change of its state. */
  changed(): void;
};

/** A sub-agent: a session below another one, which works through what it is told, one turn after the other. */
export class Agent {
  readonly #parts: AgentParts;
  readonly #inputs: string[] = [];
  #controller = createController();
  #status: AgentStatus = "pending_init";
  #message: string | null = null;
  #turn_over: (() => void) | undefined;
  #is_working = false;
  readonly #pump: Promise<void>;

  constructor(parts: AgentParts) {
    this.#parts = parts;
    this.#pump = this.#read();
  }

  get id() {
    return this.#parts.handle.id;
  }

  get name(): string {
    return this.#parts.name;
  }

  get state(): AgentState {
    const { usage, cost_usd } = this.#parts.handle.spent;
    return { status: this.#status, message: this.#message, usage, cost_usd };
  }

  /** It has nothing more to do. */
  get isIdle(): boolean {
    return this.#status !== "pending_init" && this.#status !== "running";
  }

  /** Starts work, or adds to what waits. */
  give(text: string): void {
    this.#inputs.push(text);
    if (this.#is_working) return;
    this.#is_working = true;
    this.#become("pending_init", this.#message);
    void this.#work();
  }

  /** Ends what it does now, and forgets what waits. */
  interrupt(): void {
    if (this.isIdle) return;
    this.#inputs.length = 0;
    this.#controller.abort(new TurnAborted("interrupted"));
    this.#controller = createController();
    this.#parts.handle.submit({ type: "interrupt" });
    if (this.#status === "pending_init") this.#become("interrupted", this.#message);
  }

  async close(): Promise<void> {
    this.interrupt();
    await this.#parts.handle[Symbol.asyncDispose]();
    await this.#pump;
  }

  async #work(): Promise<void> {
    const { handle, places } = this.#parts;
    for (let text = this.#inputs.shift(); text !== undefined; text = this.#inputs.shift()) {
      const { signal } = this.#controller;
      try {
        using _place = await places.take(signal);
        const over = new Promise<void>((resolve) => (this.#turn_over = resolve));
        handle.submit({ type: "user_input", items: [{ type: "text", text }] });
        this.#become("running", this.#message);
        await over;
      } catch (error) {
        if (!signal.aborted) this.#become("errored", messageOf(error));
      }
    }
    this.#is_working = false;
  }

  /** Somebody has to read what it says; questions go to the session above, whose person answers them. */
  async #read(): Promise<void> {
    let asking = childController(this.#parts.scope.signal);
    for await (const { msg } of this.#parts.handle.events) {
      void forwardAsk(msg, this.#parts, asking.controller.signal);
      if (!this.#note(msg)) continue;
      asking.controller.abort(new TurnAborted("interrupted"));
      asking[Symbol.dispose]();
      asking = childController(this.#parts.scope.signal);
    }
    asking[Symbol.dispose]();
    this.#become("shutdown", this.#message);
    this.#turn_over?.();
  }

  /** True: its turn is over. */
  #note(message: EventMsg): boolean {
    if (message.type === "task_complete") {
      const { error, last_agent_message } = message;
      if (error === undefined) this.#become("completed", last_agent_message);
      else this.#become("errored", error.message);
    } else if (message.type === "turn_aborted") {
      this.#become("interrupted", this.#message);
    } else {
      return false;
    }
    this.#turn_over?.();
    return true;
  }

  #become(status: AgentStatus, message: string | null): void {
    this.#status = status;
    this.#message = message;
    this.#parts.changed();
  }
}
