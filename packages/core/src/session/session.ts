import type {
  ChildHandle,
  Clock,
  Event,
  EventMsg,
  MessageItem,
  Op,
  SessionDeps,
  SessionId,
  SessionLog,
  SessionScope,
  SubmissionId,
  TurnId,
  TurnOverrides,
  TurnSettings,
} from "@codex/protocol";
import { callId, submissionId, turnId } from "@codex/protocol";
import { Queue } from "@codex/common";
import type { Budget } from "../limits/budget.js";
import { TurnAborted } from "../turn/aborted.js";
import { runCompact } from "../turn/kinds/compact.js";
import { runRegular } from "../turn/kinds/regular.js";
import type { PersonCommand } from "../turn/kinds/shell.js";
import { runUserShell } from "../turn/kinds/shell.js";
import { asStep } from "../undo/step-watch.js";
import type { TurnWork } from "../turn/powers.js";
import { failureOf } from "../turn/retry.js";
import { answerUndo } from "../undo/undo-ops.js";
import { ActiveTurn } from "./active-turn.js";
import type { OpenAsks } from "./asks.js";
import { inputProblem } from "./input.js";
import { liveTurn } from "./live-turn.js";
import { answerQuestion } from "./questions.js";
import { rollBack } from "./rollback.js";
import { changeSettings } from "./settings.js";
import type { SessionState } from "./state.js";
import { UserShells, WHOLE } from "./user-shells.js";

export type SessionParts = {
  readonly scope: SessionScope;
  readonly deps: SessionDeps;
  readonly log: SessionLog;
  readonly state: SessionState;
  readonly asks: OpenAsks;
  readonly outbox: Queue<Event>;
  readonly clock: Clock;
  newId(): string;
  readonly budget: Budget;
  /** Ends the sessions below, then `scope.signal`: long-lived processes die with the session. */
  end(): Promise<void>;
};

/** What starts a turn. */
type SaidInput = Omit<Extract<Op, { type: "user_input" }>, "type">;
type Submission = { readonly id: SubmissionId; readonly op: Op };

/** Most submissions that wait to be taken (core.md §1.1). */
const MAX_WAITING = 512;

/** An actor: one loop drains the inbox and is the only writer of session state between turns. */
export class Session implements ChildHandle {
  readonly #parts: SessionParts;
  readonly #inbox = new Queue<Submission>();
  #settings: TurnSettings;
  #active: ActiveTurn | undefined;
  readonly #shells = new UserShells();
  #endsWhenIdle = false;
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

  get spent(): ChildHandle["spent"] {
    return this.#parts.budget.spent;
  }

  submit(op: Op, id: SubmissionId = submissionId(this.#parts.newId())): SubmissionId {
    const isFull = this.#inbox.size >= MAX_WAITING && op.type !== "shutdown" && op.type !== "interrupt";
    if (isFull) this.#refuse(`${MAX_WAITING} submissions wait already; this one was dropped: ${op.type}`, id);
    else this.#inbox.push({ id, op });
    return id;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.submit({ type: "shutdown" });
    await this.#loop;
  }

  async #run(): Promise<void> {
    for await (const submission of this.#inbox) {
      if (submission.op.type === "shutdown") {
        this.#endsWhenIdle = submission.op.when_idle === true;
        if (!this.#endsWhenIdle || this.#isIdle) break;
      } else await this.#handle(submission, submission.op);
    }
    await this.#shutDown();
  }

  async #handle(submission: Submission, op: Exclude<Op, { type: "shutdown" }>): Promise<void> {
    switch (op.type) {
      case "user_input":
        this.#takeInput(turnId(submission.id), op);
        return;
      case "user_turn": {
        const id = turnId(submission.id);
        if (this.#changeSettings(op, id)) this.#takeInput(id, op);
        return;
      }
      case "override_turn_context":
        this.#changeSettings(op, turnId(submission.id));
        return;
      case "run_user_shell_command":
        this.#runUserShell(op.command, turnId(submission.id));
        return;
      case "interrupt":
        this.#active?.abort(new TurnAborted("interrupted"));
        await this.#active?.done;
        await this.#shells.stop();
        return;
      case "compact":
        this.#compact(turnId(submission.id));
        return;
      case "thread_rollback":
        rollBack(op.num_turns, { ...this.#parts, active: this.#active }, turnId(submission.id));
        return;
      case "undo":
      case "redo":
      case "list_undo_steps":
        await answerUndo(op, { ...this.#parts, active: this.#active }, turnId(submission.id));
        return;
      case "clean_background_terminals":
        await this.#parts.deps.terminals.stopAll();
        return;
      case "stop_background_terminal": {
        const isStopped = await this.#parts.deps.terminals.stop(op.process_id);
        if (!isStopped) this.#refuse(`no background command has the id ${op.process_id}`, turnId(submission.id));
        return;
      }
      case "list_background_terminals":
      case "list_custom_prompts":
      case "list_skills":
      case "get_history_entry_request":
        this.#emit(await answerQuestion(op, this.#parts, this.#settings.cwd), turnId(submission.id));
        return;
      case "add_to_history":
        await this.#parts.deps.prompt_history.append(this.id, op.text);
        return;
      case "exec_approval":
      case "patch_approval":
        this.#parts.asks.approvals.resolve(op.id, op.decision);
        return;
      case "user_input_answer":
        this.#parts.asks.inputs.resolve(op.id, op.response);
        return;
      default:
        op satisfies never;
    }
  }

  /** Starts a turn, or steers the one that runs (core.md §1.6), or waits for its end. */
  #takeInput(id: TurnId, input: SaidInput): void {
    const { items, when_idle, final_output_json_schema: schema } = input;
    const problem = inputProblem(items);
    if (problem !== undefined) {
      this.#refuse(problem, id);
      return;
    }
    if (this.#active !== undefined) {
      if (when_idle === true) this.#active.afterwards.push(() => this.#takeInput(id, input));
      else this.#active.steer(items);
      return;
    }
    const settings = schema === undefined ? this.#settings : { ...this.#settings, output_schema: schema };
    this.#start(id, settings, (turn, powers) => runRegular(items, turn, powers));
  }

  /** False when they are wrong, which is told. */
  #changeSettings(overrides: TurnOverrides, id: TurnId): boolean {
    const changed = changeSettings(this.#settings, overrides);
    if ("problem" in changed) this.#refuse(changed.problem, id);
    else this.#settings = changed.settings;
    return "settings" in changed;
  }

  /** A turn of its own, or beside the one that runs; then its events carry that one's id (core.md §1.9). */
  #runUserShell(script: string, id: TurnId): void {
    if (script.trim() === "") return this.#refuse("the command is empty", id);
    const settings = this.#settings;
    const { scope, deps, clock } = this.#parts;
    const about = { script, cwd: settings.cwd, call_id: callId(id), scope, shell: deps.user_shell, clock };
    if (this.#active !== undefined) {
      const { truncation } = deps.models.client(settings, { session: scope.id, turn: id }).info;
      return this.#runBeside({ ...about, turn_id: this.#active.id, truncation });
    }
    this.#start(id, settings, async (turn, powers) => {
      const { truncation } = turn.model.info;
      const run = () => runUserShell({ ...about, turn_id: id, truncation }, turn.signal);
      powers.record(await asStep(turn, deps.snapshots, run));
      turn.signal.throwIfAborted();
      return undefined;
    });
  }

  #runBeside(command: PersonCommand): void {
    this.#shells.start(command, (note) => {
      if (this.#active === undefined) this.#recordNote(note, command.turn_id);
      else this.#active.addNote(note);
      this.#endIfIdle();
    });
  }

  #recordNote(note: MessageItem, turn: TurnId): void {
    this.#parts.state.record(note, WHOLE);
    this.#emit({ type: "raw_response_item", item: note }, turn);
  }

  /** Waits behind a turn that runs: what was asked for last is done last. */
  #compact(id: TurnId): void {
    if (this.#active === undefined) this.#start(id, this.#settings, runCompact);
    else this.#active.afterwards.push(() => this.#compact(id));
  }

  #start(id: TurnId, settings: TurnSettings, work: TurnWork): void {
    const active = new ActiveTurn(id, this.#parts.scope.signal);
    this.#active = active;
    active.done = liveTurn(active, { ...this.#parts, settings: Object.freeze(settings) }, work).finally(() => {
      active.dispose();
      this.#active = undefined;
      for (const note of active.takeNotes()) this.#recordNote(note, id);
      if (this.#parts.scope.signal.aborted) return;
      this.#startLeftOver(active);
      this.#endIfIdle();
    });
  }

  get #isIdle(): boolean {
    return this.#active === undefined && this.#shells.isIdle;
  }

  #endIfIdle(): void {
    if (this.#endsWhenIdle && this.#isIdle) this.#inbox.push({ id: submissionId("end"), op: { type: "shutdown" } });
  }

  /** What was said too late for a turn becomes the next one; what has waited for its end comes then. */
  #startLeftOver(before: ActiveTurn): void {
    const items = before.takePending().flat();
    if (items.length > 0) {
      const id = turnId(this.#parts.newId());
      this.#start(id, this.#settings, (turn, powers) => runRegular(items, turn, powers));
    }
    for (const next of before.afterwards) next();
  }

  async #shutDown(): Promise<void> {
    const { deps, log, outbox } = this.#parts;
    this.#inbox.close();
    this.#active?.abort(new TurnAborted("interrupted"));
    await this.#active?.done;
    await this.#shells.stop();
    await this.#parts.end();
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

  #refuse(message: string, id: SubmissionId | TurnId): void {
    this.#emit({ type: "error", message, codex_error_info: "bad_request" }, turnId(id));
  }

  #emit(message: EventMsg, turn?: TurnId): void {
    this.#parts.scope.emit(message, turn);
  }
}
