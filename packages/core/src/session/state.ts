import type { ResponseItem, SessionLog, TruncationPolicy } from "@codex/protocol";
import { History } from "../prompt/history.js";
import type { KnownContext } from "../prompt/known-context.js";
import { Ledger } from "../prompt/ledger.js";
import { historyTokens } from "../prompt/tokens.js";
import type { Restored } from "../rollout/rebuild.js";
import { withoutLastTurns } from "../rollout/rebuild.js";
import { TurnBook } from "../rollout/turn-book.js";
import { SessionUsage } from "./usage.js";

/** What a session knows, beside its settings. Between turns the session owns it, during a turn the turn does. */
export class SessionState {
  readonly history: History;
  readonly ledger: Ledger;
  readonly usage: SessionUsage;
  readonly turns: TurnBook;
  readonly #log: SessionLog;
  /** Of what the model was told; `undefined`: it has to be told again. */
  known: KnownContext | undefined;
  /** A turn has begun since the session was opened. */
  has_begun = false;
  /** Items right after the last compaction; 0: there was none. */
  #compacted_length = 0;

  constructor(log: SessionLog, restored?: Restored) {
    this.#log = log;
    this.history = new History(restored?.history);
    this.ledger = restored?.ledger ?? new Ledger();
    this.usage = new SessionUsage(restored?.tokens);
    this.turns = restored?.turns ?? new TurnBook();
    this.known = restored?.known;
  }

  /** Appends an item to history and log; outputs beyond the policy are cut. Returns what was kept. */
  record(item: ResponseItem, policy: TruncationPolicy): ResponseItem {
    const kept = this.history.append(item, policy);
    this.ledger.note(kept);
    this.turns.note(kept);
    this.#log.append({ type: "response_item", payload: kept });
    return kept;
  }

  /** Puts another history in the place of this one; the log keeps both. */
  compact(message: string, replacement_history: readonly ResponseItem[]): void {
    this.#log.append({ type: "compacted", payload: { message, replacement_history } });
    this.history.replace(replacement_history);
    this.turns.forget();
    this.#compacted_length = replacement_history.length;
    this.usage.estimateLast(historyTokens(replacement_history));
    this.known = undefined;
  }

  /** Nothing was said since: to summarise the summary would only lose more. */
  get isFreshlyCompacted(): boolean {
    return this.#compacted_length > 0 && this.history.items.length === this.#compacted_length;
  }

  /** Forgets the last user turns. The caller logs the event. */
  rollBack(turns: number): void {
    const kept = withoutLastTurns(this.history.items, turns);
    this.turns.rollBack(this.history.items, kept);
    this.history.replace(kept);
    this.usage.estimateLast(historyTokens(this.history.items));
    if (this.history.items.length === 0) this.known = undefined;
  }

  /** Has again what was rolled back last. The caller has logged the event; the items follow it. */
  restore(): void {
    const taken = this.turns.restore();
    if (taken === undefined) return;
    for (const item of taken.items) this.#log.append({ type: "response_item", payload: item });
    this.history.replace([...this.history.items, ...taken.items]);
    this.usage.estimateLast(historyTokens(this.history.items));
  }
}
