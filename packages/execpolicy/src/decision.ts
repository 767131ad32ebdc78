/** What a rule says about a command. */
export type Decision = "allow" | "prompt" | "forbidden";

/** What is known about a command: a decision, or that neither a rule nor the built-in lists say anything. */
export type Outcome = Decision | "undecided";

/** Mildest first. An undecided part is stricter than an allowed one: it keeps the whole from being allowed. */
const STRICTNESS = { allow: 0, undecided: 1, prompt: 2, forbidden: 3 } as const satisfies Record<Outcome, number>;

export function isDecision(word: string): word is Decision {
  return word === "allow" || word === "prompt" || word === "forbidden";
}

/** The strictest of several; `undefined` of none (exec.md §2.2). */
export function strictest<T extends Outcome>(outcomes: readonly T[]): T | undefined {
  let found: T | undefined;
  for (const outcome of outcomes) {
    if (found === undefined || STRICTNESS[outcome] > STRICTNESS[found]) found = outcome;
  }
  return found;
}
