import type { ResponseItem } from "@codex/protocol";
import { isUserTurn } from "../prompt/fragments.js";

type TurnMark = {
  readonly id: string;
  /** What a person had said before it began, in messages. */
  readonly before: number;
};

/** Turns that were rolled back, and what the history lost by it. */
export type TakenBack = { readonly turns: readonly TurnMark[]; readonly items: readonly ResponseItem[] };

/** Where each turn begins in a history, and what was rolled back and may come again while nothing else is said. */
export class TurnBook {
  #marks: TurnMark[] = [];
  #taken: TakenBack[] = [];

  begin(id: string, history: readonly ResponseItem[]): void {
    this.#marks.push({ id, before: saidIn(history) });
  }

  /** Something was said: what was rolled back before does not come behind it. */
  note(item: ResponseItem): void {
    if (isUserTurn(item)) this.#taken = [];
  }

  rollBack(history: readonly ResponseItem[], kept: readonly ResponseItem[]): void {
    const left = saidIn(kept);
    const turns = this.#marks.filter(({ before }) => before >= left);
    this.#marks = this.#marks.filter(({ before }) => before < left);
    this.#taken.push({ turns, items: history.slice(kept.length) });
  }

  /** A summary took the place of the turns. */
  forget(): void {
    this.#marks = [];
    this.#taken = [];
  }

  /** What was rolled back last. */
  get last(): TakenBack | undefined {
    return this.#taken.at(-1);
  }

  restore(): TakenBack | undefined {
    const taken = this.#taken.pop();
    if (taken !== undefined) this.#marks.push(...taken.turns);
    return taken;
  }

  /** This turn and all later ones, by what a person said; `undefined`: it is not part of the history any more. */
  countFrom(id: string, history: readonly ResponseItem[]): number | undefined {
    const mark = this.#marks.find((each) => each.id === id);
    return mark === undefined ? undefined : saidIn(history) - mark.before;
  }

  /** Ids of a turn and all later ones. */
  idsFrom(id: string): readonly string[] {
    const index = this.#marks.findIndex((each) => each.id === id);
    return index < 0 ? [] : this.#marks.slice(index).map((mark) => mark.id);
  }
}

/** How often a person spoke. */
export function saidIn(history: readonly ResponseItem[]): number {
  return history.filter(isUserTurn).length;
}
