import { RULES_LIMITS } from "./limits.js";
import { RulesError, type Position } from "./problem.js";

/** What an expression of a rules file can be. */
export type Value =
  | { readonly type: "string"; readonly text: string; readonly position: Position }
  | { readonly type: "list"; readonly items: readonly Value[]; readonly position: Position };

/** Counts what a file makes us look at, so that a small file cannot ask for a lot of work. */
export class Budget {
  #left: number = RULES_LIMITS.values;

  spend(amount: number, position: Position): void {
    this.#left -= amount;
    if (this.#left < 0) throw new RulesError(position, `more than ${RULES_LIMITS.values} values in this file`);
  }
}

export function describeType(value: Value): string {
  return value.type === "string" ? "a string" : "a list";
}

/** `left + right` for two strings or two lists. */
export function concatenate(left: Value, right: Value, budget: Budget): Value {
  const { position } = left;
  if (left.type === "string" && right.type === "string") {
    const text = left.text + right.text;
    if (text.length > RULES_LIMITS.string) throw new RulesError(position, "this string is too long");
    budget.spend(1 + Math.ceil(text.length / 64), position);
    return { type: "string", text, position };
  }
  if (left.type === "list" && right.type === "list") {
    const items = [...left.items, ...right.items];
    return makeList(items, position, budget);
  }
  throw new RulesError(right.position, `cannot add ${describeType(right)} to ${describeType(left)}`);
}

export function makeList(items: readonly Value[], position: Position, budget: Budget): Value {
  if (items.length > RULES_LIMITS.list) {
    throw new RulesError(position, `a list of more than ${RULES_LIMITS.list} elements`);
  }
  budget.spend(1 + items.length, position);
  return { type: "list", items, position };
}
