import type {
  Clock,
  Event,
  EventMsg,
  ModelEvent,
  Op,
  ResponseItem,
  SessionDeps,
  SessionHandle,
  SessionId,
  SessionLog,
  SessionScope,
  SubmissionId,
  TurnContext,
  TurnId,
  TurnSettings,
  UserInput,
} from "@codex/protocol";
import { submissionId, turnId } from "@codex/protocol";
import { Queue } from "@codex/common";
import { History } from "../prompt/history.js";
import { TurnAborted } from "../turn/aborted.js";
import { failureOf } from "../turn/retry.js";
import type { TurnPowers } from "../turn/turn.js";
import { runTurn } from "../turn/turn.js";
import { ActiveTurn } from "./active-turn.js";
import type { OpenAsks } from "./asks.js";
import { SessionUsage, shownWindow } from "./usage.js";

export type SessionParts = {
  readonly scope: SessionScope;
  readonly deps: SessionDeps;
  readonly log: SessionLog;
  readonly asks: OpenAsks;
  readonly outbox: Queue<Event>;
  readonly clock: Clock;
  newId(): string;
  /** Ends `scope.signal`: long-lived processes die with the session. */
  end(): void;
};

type Submission = { readonly id: SubmissionId; readonly op: Op };

/** Most characters of one user input (core.md §1.3). */
const MAX_INPUT = 1 << 20;

const ABORTED_MARKER =
  "<turn_aborted>\nThe user stopped the previous turn on purpose. Commands that were running were stopped; " +
  "what they did before stands. Check the state of things before you go on.\n</turn_aborted>";

/** An actor: one loop drains the inbox and is the only writer of session state between turns. */
export class Session implements SessionHandle {
  readonly #parts: SessionParts;
  readonly #inbox = new Queue<Submission>();
  readonly #history = new History();
  readonly #usage = new SessionUsage();
  #settings: TurnSettings;
  /** Settings the model was told about. */
  #known: TurnSettings | undefined;
  #active: ActiveTurn | undefined;
  readonly #loop: Promise<void>;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#settings = parts.deps.settings;
    this.#loop = this.#run();
  }

  get id(): SessionId {
    return this.#parts.scope.id;
  }

  get events(): AsyncIterable<Event> {
    return this.#parts.outbox;
  }

  submit(op: Op): SubmissionId {
    const id = submissionId(this.#parts.newId());
    this.#inbox.push({ id, op });
    return id;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.submit({ type: "shutdown" });
    await this.#loop;
  }

  async #run(): Promise<void> {
    this.#configured();
    for await (const submission of this.#inbox) {
      if (submission.op.type === "shutdown") break;
      await this.#handle(submission, submission.op);
    }
    await this.#shutDown();
  }

  async #handle(submission: Submission, op: Exclude<Op, { type: "shutdown" }>): Promise<void> {
    switch (op.type) {
      case "user_input":
        this.#takeInput(turnId(submission.id), op.items, op.final_output_json_schema);
        return;
      case "override_turn_context":
        this.#settings = { ...this.#settings, ...op.settings };
        return;
      case "interrupt":
        this.#active?.abort(new TurnAborted("interrupted"));
        await this.#active?.done;
        return;
      case "exec_approval":
      case "patch_approval":
        this.#parts.asks.resolve(op.id, op.decision);
        return;
      default:
        op satisfies never;
    }
  }

  /** Starts a turn, or steers the one that runs (core.md §1.6). */
  #takeInput(id: TurnId, items: readonly UserInput[], schema: unknown): void {
    const problem = problemWith(items);
    if (problem !== undefined) {
      this.#emit({ type: "error", message: problem, codex_error_info: "bad_request" }, id);
      return;
    }
    if (this.#active !== undefined) {
      this.#active.steer(items);
      return;
    }
    this.#start(id, items, schema === undefined ? this.#settings : { ...this.#settings, output_schema: schema });
  }

  #start(id: TurnId, items: readonly UserInput[], settings: TurnSettings): void {
    const active = new ActiveTurn(id, this.#parts.scope.signal);
    this.#active = active;
    active.done = this.#runTurn(active, items, Object.freeze(settings)).finally(() => {
      active.dispose();
      this.#active = undefined;
      const [next, ...rest] = active.takePending();
      if (next === undefined || this.#parts.scope.signal.aborted) return;
      this.#start(turnId(this.#parts.newId()), [...next, ...rest.flat()], this.#settings);
    });
  }

  async #runTurn(active: ActiveTurn, items: readonly UserInput[], settings: TurnSettings): Promise<void> {
    const { clock, deps, scope } = this.#parts;
    const { id } = active;
    const started = clock.now();
    const ending = (): { completed_at: number; duration_ms: number } => ({
      completed_at: Math.floor(clock.now() / 1000),
      duration_ms: Math.max(0, clock.now() - started),
    });
    try {
      const model = deps.models.client(settings, { session: scope.id, turn: id });
      const model_context_window = shownWindow(model.info.context_window);
      this.#emit(
        { type: "task_started", turn_id: id, started_at: Math.floor(started / 1000), model_context_window },
        id,
      );
      const { environment } = deps;
      const turn: TurnContext = { id, session: scope, settings, model, environment, signal: active.signal };
      const last = await runTurn(items, turn, this.#powers(active, turn));
      this.#emit({ type: "task_complete", turn_id: id, last_agent_message: last ?? null, ...ending() }, id);
    } catch (error) {
      if (active.signal.aborted) this.#aborted(active, ending());
      else {
        const failure = failureOf(error);
        this.#emit({ type: "error", ...failure }, id);
        this.#emit({ type: "task_complete", turn_id: id, last_agent_message: null, ...ending(), error: failure }, id);
      }
    }
  }

  #aborted(active: ActiveTurn, ending: { completed_at: number; duration_ms: number }): void {
    const why: unknown = active.signal.reason;
    const reason = why instanceof TurnAborted ? why.reason : "interrupted";
    if (reason === "interrupted") {
      const content = [{ type: "input_text", text: ABORTED_MARKER }] as const;
      this.#parts.log.append({
        type: "response_item",
        payload: this.#history.append({ type: "message", role: "user", content }, { mode: "bytes", limit: MAX_INPUT }),
      });
    }
    this.#emit({ type: "turn_aborted", turn_id: active.id, reason, ...ending }, active.id);
  }

  #powers(active: ActiveTurn, turn: TurnContext): TurnPowers {
    const { deps, clock, log } = this.#parts;
    const { info } = turn.model;
    return {
      deps,
      clock,
      history: this.#history,
      newId: () => this.#parts.newId(),
      record: (item: ResponseItem) => {
        const kept = this.#history.append(item, info.truncation);
        log.append({ type: "response_item", payload: kept });
        this.#emit({ type: "raw_response_item", item: kept }, turn.id);
      },
      recordContext: (settings) => {
        this.#known = settings;
        log.append({ type: "turn_context", payload: contextLine(settings, turn.id) });
      },
      knownSettings: () => this.#known,
      addUsage: (event: Extract<ModelEvent, { type: "completed" | "rate_limits" }>) => {
        this.#usage.add(event);
        const { rate_limits } = this.#usage;
        this.#emit({ type: "token_count", info: this.#usage.info(info.context_window), rate_limits }, turn.id);
      },
      takePending: () => active.takePending(),
      abortTurn: (reason) => active.abort(reason),
    };
  }

  #configured(): void {
    const { log, deps } = this.#parts;
    const settings = this.#settings;
    this.#emit({
      type: "session_configured",
      session_id: this.id,
      model: settings.model,
      model_provider_id: settings.model_provider,
      approval_policy: settings.approval_policy,
      sandbox_policy: settings.sandbox_policy,
      cwd: settings.cwd,
      ...(settings.effort === undefined ? {} : { reasoning_effort: settings.effort }),
      ...(settings.summary === undefined ? {} : { reasoning_summary: settings.summary }),
      ...(log.path === undefined ? {} : { rollout_path: log.path }),
    });
    for (const message of deps.warnings) this.#emit({ type: "warning", message });
  }

  async #shutDown(): Promise<void> {
    const { deps, log, outbox } = this.#parts;
    this.#inbox.close();
    this.#active?.abort(new TurnAborted("interrupted"));
    await this.#active?.done;
    this.#parts.end();
    try {
      await deps[Symbol.asyncDispose]();
    } catch (error) {
      this.#emit({ type: "error", ...failureOf(error) });
    }
    this.#emit({ type: "shutdown_complete" });
    outbox.close();
    for (const sink of deps.sinks) await sink.close();
    await log.close();
  }

  #emit(message: EventMsg, turn?: TurnId): void {
    this.#parts.scope.emit(message, turn);
  }
}

function problemWith(items: readonly UserInput[]): string | undefined {
  if (items.length === 0) return "the input is empty; send at least one text";
  const size = items.reduce((sum, item) => sum + (item.type === "text" ? item.text.length : 0), 0);
  return size > MAX_INPUT ? `the input has ${size} characters; at most ${MAX_INPUT} are accepted` : undefined;
}

function contextLine(settings: TurnSettings, turn_id: TurnId) {
  return {
    turn_id,
    cwd: settings.cwd,
    approval_policy: settings.approval_policy,
    sandbox_policy: settings.sandbox_policy,
    model: settings.model,
    ...(settings.effort === undefined ? {} : { effort: settings.effort }),
    summary: settings.summary ?? "auto",
  };
}
