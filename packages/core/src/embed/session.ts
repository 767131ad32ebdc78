import type { Event, EventMsg, Op, SessionHandle, SessionId, SubmissionId, UserInput } from "@codex/protocol";
import { childController, CodexError, createController, onAbort, Queue, unlessAborted } from "@codex/common";
import type { Callbacks } from "./answers.js";
import { answer, refusal } from "./answers.js";
import type { StreamedTurn, TurnResult } from "./turn.js";
import { RunningTurn } from "./turn.js";

export type RunOptions = {
  /** JSON Schema that the final answer has to satisfy. */
  readonly outputSchema?: unknown;
  /** Interrupts the turn, which then rejects with the signal's reason once its commands have ended. */
  readonly signal?: AbortSignal;
};

/** A text, or texts and pictures. */
export type Input = string | readonly UserInput[];

/** Start-up warnings that are kept for whoever looks. */
const MOST_WARNINGS = 100;

/** A conversation with Codex. Turns run one after the other: a second `run` waits for the first. */
export class CodexSession implements AsyncDisposable {
  readonly #handle: SessionHandle;
  readonly #callbacks: Callbacks;
  readonly #controller = createController();
  readonly #warnings: string[] = [];
  readonly #pump: Promise<void>;
  #turn: RunningTurn | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #has_ended = false;

  constructor(handle: SessionHandle, callbacks: Callbacks) {
    this.#handle = handle;
    this.#callbacks = callbacks;
    this.#pump = this.#run();
  }

  /** For `resume` and `fork`. */
  get id(): SessionId {
    return this.#handle.id;
  }

  /** What was wrong with configuration, model or rules when the session was opened. */
  get warnings(): readonly string[] {
    return this.#warnings;
  }

  /** One turn. Rejects with `turn_failed`, `turn_interrupted`, the signal's reason, or what a callback threw. */
  async run(input: Input, options: RunOptions = {}): Promise<TurnResult> {
    const turn = await this.#queue(input, options);
    return turn.result;
  }

  /** One turn, event by event. Resolves when the turn has been sent off. */
  async runStreamed(input: Input, options: RunOptions = {}): Promise<StreamedTurn> {
    const events = new Queue<EventMsg>();
    const turn = await this.#queue(input, options, events);
    return { events, result: () => turn.result };
  }

  /** What else a session takes: `interrupt`, `compact`, `thread_rollback`… Input for a turn that runs steers it. */
  submit(op: Op): SubmissionId {
    return this.#handle.submit(op);
  }

  /** Ends the turn, commands, sub-agents and servers of the session. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort(new CodexError("turn_interrupted", "the session was closed"));
    await this.#handle[Symbol.asyncDispose]();
    await this.#pump;
  }

  async #queue(input: Input, options: RunOptions, events?: Queue<EventMsg>): Promise<RunningTurn> {
    const started = this.#last.then(() => this.#start(input, options, events));
    this.#last = started.then(({ result }) => result).catch(() => undefined);
    return options.signal === undefined ? started : unlessAborted(started, options.signal);
  }

  #start(input: Input, { outputSchema, signal }: RunOptions, events?: Queue<EventMsg>): RunningTurn {
    signal?.throwIfAborted();
    if (this.#has_ended) throw new CodexError("bad_request", "the session was closed; start or resume another one");
    const items = typeof input === "string" ? [{ type: "text", text: input } as const] : input;
    const schema = outputSchema === undefined ? {} : { final_output_json_schema: outputSchema };
    const input_op = { type: "user_input", items, ...schema, when_idle: true } as const;
    const turn = new RunningTurn(this.#handle.submit(input_op), events);
    this.#turn = turn;
    if (signal !== undefined) this.#watch(turn, signal);
    return turn;
  }

  #watch(turn: RunningTurn, signal: AbortSignal): void {
    const listener = onAbort(signal, () => {
      turn.broken ??= { error: signal.reason };
      if (turn.has_started) this.#handle.submit({ type: "interrupt" });
    });
    const stop = (): void => listener[Symbol.dispose]();
    turn.result.then(stop, stop);
  }

  /** Reads all that the session says: between turns, too, somebody has to. */
  async #run(): Promise<void> {
    let asking = childController(this.#controller.signal);
    for await (const event of this.#handle.events) {
      this.#note(event);
      const { controller } = asking;
      void this.#answer(event.msg, controller.signal);
      this.#give(event);
      if (event.msg.type === "task_complete" || event.msg.type === "turn_aborted") {
        controller.abort(new CodexError("turn_interrupted", "the turn is over"));
        asking[Symbol.dispose]();
        asking = childController(this.#controller.signal);
      }
    }
    asking[Symbol.dispose]();
    this.#has_ended = true;
    this.#turn?.end(new CodexError("turn_interrupted", "the session ended before the turn did"));
  }

  #give(event: Event): void {
    const turn = this.#turn;
    if (turn === undefined) return;
    if (turn.take(event)) this.#turn = undefined;
    // it was stopped while another one, like a compaction, stood before it
    else if (turn.broken !== undefined && turn.isStart(event)) this.#handle.submit({ type: "interrupt" });
  }

  #note({ id, msg }: Event): void {
    if (id === "" && msg.type === "warning" && this.#warnings.length < MOST_WARNINGS) this.#warnings.push(msg.message);
  }

  async #answer(message: EventMsg, signal: AbortSignal): Promise<void> {
    try {
      const op = await answer(message, this.#callbacks, signal);
      if (op !== undefined && !signal.aborted) this.#handle.submit(op);
    } catch (error) {
      if (signal.aborted) return;
      if (this.#turn !== undefined) this.#turn.broken ??= { error };
      this.#handle.submit(refusal(message));
    }
  }
}
