import type { CodexErrorInfo, ErrorCode, Event, EventMsg, TokenUsage, ToolUse, TurnItem } from "@codex/protocol";
import { addUsage, isErrorCode } from "@codex/protocol";
import type { Queue } from "@codex/common";
import { CodexError } from "@codex/common";
import { addUnread } from "./backlog.js";

/** What a turn gave. */
export type TurnResult = {
  /** Messages, reasoning, searches, in order. Commands and patches are events. */
  readonly items: readonly TurnItem[];
  /** The last message; empty: there was none. */
  readonly finalResponse: string;
  /** Of this turn; `null`: no model was asked. */
  readonly usage: TokenUsage | null;
  /** US dollars for this turn; `null`: a price is not known. */
  readonly costUsd: number | null;
  /** What was called, by name: how often, how long, how much came back. */
  readonly tools: readonly ToolUse[];
};

/** What a turn gave whose `outputSchema` was a zod schema. */
export type TypedTurnResult<Output> = TurnResult & {
  /** The final answer, parsed. */
  readonly output: Output;
};

/** A turn as it happens. */
export type StreamedTurn<Result = TurnResult> = {
  /**
   * Ends with the turn; throws what `result` rejects with. One consumer. They wait until it reads them: one that is
   * 1000 events behind gets the pieces of a text as one.
   */
  readonly events: AsyncIterable<EventMsg>;
  /** Rejects like `run`. */
  result(): Promise<Result>;
};

type Failure = Omit<Extract<EventMsg, { type: "error" }>, "type">;

/** A turn that failed; the message says what to do. */
export class TurnFailed extends CodexError<"turn_failed"> {
  /** What went wrong: `missing_credential`, `rate_limited`, `context_window_exceeded`, `limit_reached`… */
  readonly reason: ErrorCode;
  /** The same in the words of the wire, with the HTTP status where there was one. */
  readonly info: CodexErrorInfo | undefined;

  constructor({ message, code, codex_error_info }: Failure) {
    super("turn_failed", message);
    this.name = "TurnFailed";
    this.reason = isErrorCode(code) ? code : "bad_request";
    this.info = codex_error_info;
  }
}

/** Puts the events of one turn together, until it ends. */
export class RunningTurn {
  readonly id: string;
  readonly #events: Queue<EventMsg> | undefined;
  readonly #items: TurnItem[] = [];
  readonly #done: Deferred;
  #usage: Extract<EventMsg, { type: "turn_usage" }> | undefined;
  /** A callback threw: what the turn rejects with, however it ends. */
  broken: { readonly error: unknown } | undefined;
  #has_started = false;
  /** False: what is said belongs to something before it. */
  #is_heard = false;

  /** `events`: for somebody who reads them. */
  constructor(id: string, events?: Queue<EventMsg>) {
    this.id = id;
    this.#events = events;
    this.#done = deferred();
    // whoever only reads events is told there
    this.#done.promise.catch(() => undefined);
  }

  get result(): Promise<TurnResult> {
    return this.#done.promise;
  }

  /** Whether an interrupt would reach it. */
  get has_started(): boolean {
    return this.#has_started;
  }

  isStart({ id, msg }: Event): boolean {
    return id === this.id && msg.type === "task_started";
  }

  /** True: the turn is over. */
  take({ id, msg }: Event): boolean {
    if (id === this.id) this.#is_heard = true;
    if (this.#is_heard && this.#events !== undefined) addUnread(this.#events, msg);
    if (id !== this.id) return false;
    if (msg.type === "task_started") this.#has_started = true;
    if (msg.type === "item_completed") this.#items.push(msg.item);
    if (msg.type === "turn_usage") this.#usage = msg;
    if (msg.type === "error" && !this.#has_started) {
      this.end(new TurnFailed(msg));
      return true;
    }
    if (msg.type === "turn_aborted") {
      this.end(new CodexError("turn_interrupted", "the turn was interrupted"));
      return true;
    }
    if (msg.type !== "task_complete") return false;
    if (msg.error === undefined) this.#complete(msg.last_agent_message ?? "");
    else this.end(new TurnFailed(msg.error));
    return true;
  }

  /** It did not complete. */
  end(error: unknown): void {
    const reason = this.broken === undefined ? error : this.broken.error;
    this.#events?.close(reason instanceof Error ? reason : new Error(String(reason)));
    this.#done.reject(reason);
  }

  #complete(finalResponse: string): void {
    if (this.broken !== undefined) {
      this.end(this.broken.error);
      return;
    }
    const { models = [], tools = [] } = this.#usage ?? {};
    this.#events?.close();
    this.#done.resolve({
      items: this.#items.filter(({ type }) => type !== "UserMessage"),
      finalResponse,
      usage: models.length === 0 ? null : models.map(({ usage }) => usage).reduce(addUsage),
      costUsd: models.reduce<number | null>((sum, { cost_usd }) => addCost(sum, cost_usd), 0),
      tools,
    });
  }
}

function addCost(left: number | null, right: number | null): number | null {
  return left === null || right === null ? null : left + right;
}

type Deferred = {
  readonly promise: Promise<TurnResult>;
  readonly resolve: (value: TurnResult) => void;
  readonly reject: (reason: unknown) => void;
};

function deferred(): Deferred {
  let resolve: Deferred["resolve"] = () => undefined;
  let reject: Deferred["reject"] = () => undefined;
  const promise = new Promise<TurnResult>((resolve_it, reject_it) => {
    resolve = resolve_it;
    reject = reject_it;
  });
  return { promise, resolve, reject };
}
