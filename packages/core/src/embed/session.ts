import type { Event, EventMsg, Op, SessionHandle, SessionId, SubmissionId, UndoStep, UserInput } from "@codex/protocol";
import { childController, CodexError, createController, onAbort, Queue, unlessAborted } from "@codex/common";
import type { Callbacks } from "./answers.js";
import { answer, refusal } from "./answers.js";
import type { SafeParser } from "../tools/define.js";
import { isParser } from "../tools/zod-schema.js";
import type { UndoOp } from "../undo/undo-ops.js";
import type { OutputSchema } from "./output-schema.js";
import { outputOf, serverSchemaOf } from "./output-schema.js";
import type { StreamedTurn, TurnResult, TypedTurnResult } from "./turn.js";
import { RunningTurn } from "./turn.js";
import type { UndoOptions, UndoOutcome } from "./undo.js";
import { isUndoAnswer, outcomeOf, stepsOf } from "./undo.js";

export type RunOptions = {
  /** What the final answer has to satisfy. With a zod schema, `output` of the result is what that parses. */
  readonly outputSchema?: OutputSchema;
  /** Interrupts the turn, which then rejects with the signal's reason once its commands have ended. */
  readonly signal?: AbortSignal;
};

/** Options of a turn whose answer is read by a zod schema. */
export type TypedRunOptions<Output> = RunOptions & { readonly outputSchema: SafeParser<Output> };

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
  /** By submission: who waits for what undo says. */
  readonly #asked = new Map<string, { resolve(answer: EventMsg): void; reject(reason: unknown): void }>();
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
  run<Output>(input: Input, options: TypedRunOptions<Output>): Promise<TypedTurnResult<Output>>;
  run(input: Input, options?: RunOptions): Promise<TurnResult>;
  async run(input: Input, options: RunOptions = {}): Promise<TurnResult> {
    const turn = await this.#queue(input, options);
    return finished(turn, options);
  }

  /** One turn, event by event. Resolves when the turn has been sent off. */
  runStreamed<Output>(input: Input, options: TypedRunOptions<Output>): Promise<StreamedTurn<TypedTurnResult<Output>>>;
  runStreamed(input: Input, options?: RunOptions): Promise<StreamedTurn>;
  async runStreamed(input: Input, options: RunOptions = {}): Promise<StreamedTurn> {
    const events = new Queue<EventMsg>();
    const turn = await this.#queue(input, options, events);
    return { events, result: () => finished(turn, options) };
  }

  /** Takes back what the last steps did, files and conversation. Only between turns; rejects with `bad_request`. */
  undo(options: UndoOptions = {}): Promise<UndoOutcome> {
    return this.#take({ type: "undo", ...options });
  }

  /** Makes again what was taken back last. */
  redo(options: UndoOptions = {}): Promise<UndoOutcome> {
    return this.#take({ type: "redo", ...options });
  }

  /** The steps that changed files, oldest first: those that stand, and those that were taken back. */
  async undoSteps(): Promise<readonly UndoStep[]> {
    return stepsOf(await this.#ask({ type: "list_undo_steps" }));
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

  async #take(op: Extract<Op, { type: "undo" | "redo" }>): Promise<UndoOutcome> {
    const answered = await this.#ask(op);
    return outcomeOf(answered);
  }

  /** Waits for the turns that are asked for already, then for the event that answers. */
  async #ask(op: UndoOp): Promise<EventMsg> {
    const asked = this.#last.then(() => {
      this.#check();
      const id = this.#handle.submit(op);
      return new Promise<EventMsg>((resolve, reject) => this.#asked.set(id, { resolve, reject }));
    });
    this.#last = asked.catch(() => undefined);
    return asked;
  }

  #check(): void {
    if (this.#has_ended) throw new CodexError("bad_request", "the session was closed; start or resume another one");
  }

  async #start(input: Input, { outputSchema, signal }: RunOptions, events?: Queue<EventMsg>): Promise<RunningTurn> {
    const final_output_json_schema = outputSchema === undefined ? undefined : await serverSchemaOf(outputSchema);
    signal?.throwIfAborted();
    this.#check();
    const items = typeof input === "string" ? [{ type: "text", text: input } as const] : input;
    const schema = final_output_json_schema === undefined ? {} : { final_output_json_schema };
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
    for (const { reject } of this.#asked.values()) reject(new CodexError("bad_request", "the session has ended"));
  }

  #give(event: Event): void {
    const asked = isUndoAnswer(event.msg) ? this.#asked.get(event.id) : undefined;
    if (asked !== undefined) {
      this.#asked.delete(event.id);
      asked.resolve(event.msg);
    }
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

/** With the answer as its schema reads it, where there is one that does. */
async function finished(turn: RunningTurn, { outputSchema }: RunOptions): Promise<TurnResult> {
  const result = await turn.result;
  if (outputSchema === undefined || !isParser(outputSchema)) return result;
  const typed: TypedTurnResult<unknown> = { ...result, output: outputOf(outputSchema, result.finalResponse) };
  return typed;
}
