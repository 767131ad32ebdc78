import { fieldsOf, listOf, textOf } from "@codex/common";
import type { Fields } from "@codex/common";
import type { ResponseItem, RolloutLine, TokenUsageInfo } from "@codex/protocol";
import type { SpentBefore } from "../limits/spent.js";
import { SpentReader } from "../limits/spent.js";
import { isUserTurn } from "../prompt/fragments.js";
import type { KnownContext } from "../prompt/known-context.js";
import { Ledger } from "../prompt/ledger.js";
import { decodeStoredItem } from "./items.js";
import { decodeContext } from "./stored-context.js";
import { decodeTokens } from "./stored-tokens.js";
import { TurnBook } from "./turn-book.js";

/** What a session knew when its file ended. */
export type Restored = {
  readonly history: readonly ResponseItem[];
  readonly ledger: Ledger;
  /** What the model was last told about its surroundings; `undefined`: it has to be told again. */
  readonly known: KnownContext | undefined;
  readonly tokens: TokenUsageInfo | undefined;
  readonly turns: TurnBook;
  readonly spent: SpentBefore;
};

/** A file's lines as a conversation, by the rules that reproduce the Rust program's (rollout-live.md §5). */
export function rebuild(lines: Iterable<RolloutLine>): Restored {
  const rebuilder = new Rebuilder();
  for (const line of lines) rebuilder.take(line);
  return rebuilder.result();
}

/** The same, one line after the other, for those who also watch what each line does. */
export class Rebuilder {
  #history: ResponseItem[] = [];
  readonly #ledger = new Ledger();
  /** Each context and the length of the history when it was written. */
  #contexts: { readonly at: number; readonly context: KnownContext }[] = [];
  #tokens: TokenUsageInfo | undefined;
  readonly #turns = new TurnBook();
  readonly #spent = new SpentReader();
  /** Items still to come of turns that were restored. */
  #returning = 0;

  get history(): readonly ResponseItem[] {
    return this.#history;
  }

  take(line: RolloutLine): void {
    switch (line.type) {
      case "response_item":
        this.#append(line.payload);
        return;
      case "compacted":
        this.#compact(fieldsOf(line.payload));
        return;
      case "turn_context": {
        const fields = fieldsOf(line.payload);
        const context = decodeContext(fields);
        this.#turns.begin(textOf(fields["turn_id"]) ?? "", this.#history);
        this.#spent.noteModel(textOf(fields["model"]) ?? "");
        if (context !== undefined) this.#contexts.push({ at: this.#history.length, context });
        return;
      }
      case "event_msg":
        this.#event(fieldsOf(line.payload));
        return;
      default:
    }
  }

  result(): Restored {
    const known = this.#contexts.at(-1)?.context;
    const spent = this.#spent.result;
    return { history: this.#history, ledger: this.#ledger, known, tokens: this.#tokens, turns: this.#turns, spent };
  }

  #append(payload: unknown): void {
    const item = decodeStoredItem(payload);
    if (item === undefined) return;
    this.#ledger.note(item);
    if (this.#returning > 0) this.#returning -= 1;
    else this.#turns.note(item);
    this.#history.push(item);
  }

  /** Older files hold only the summary: what people said stays then (rollout-live.md §5.4). */
  #compact(payload: Fields): void {
    this.#contexts = [];
    this.#turns.forget();
    const replacement = payload["replacement_history"];
    if (Array.isArray(replacement)) {
      this.#history = listOf(replacement).flatMap((value) => decodeStoredItem(value) ?? []);
      return;
    }
    const text = textOf(payload["message"]) ?? "";
    const summary: ResponseItem = { type: "message", role: "user", content: [{ type: "input_text", text }] };
    this.#history = [...this.#history.filter(isUserTurn), summary];
  }

  #event(payload: Fields): void {
    this.#spent.noteEvent(payload);
    if (payload["type"] === "token_count") this.#tokens = decodeTokens(payload["info"]) ?? this.#tokens;
    if (payload["type"] === "thread_restored" && this.#turns.restore() !== undefined) {
      this.#returning = Number(payload["num_items"]) || 0;
    }
    if (payload["type"] !== "thread_rolled_back") return;
    const turns = payload["num_turns"];
    if (typeof turns !== "number") return;
    const kept = withoutLastTurns(this.#history, turns);
    this.#turns.rollBack(this.#history, kept);
    this.#history = kept;
    this.#contexts = this.#contexts.filter(({ at }) => at <= this.#history.length && this.#history.length > 0);
  }
}

/**
 * The history before its last `turns` user messages. What was said about the surroundings before them stays; more turns
 * than there are leave nothing (rollout-live.md §5.5).
 */
export function withoutLastTurns(history: readonly ResponseItem[], turns: number): ResponseItem[] {
  const starts = history.flatMap((item, index) => (isUserTurn(item) ? [index] : []));
  if (turns <= 0) return [...history];
  if (turns > starts.length) return [];
  return history.slice(0, starts[starts.length - turns]);
}
