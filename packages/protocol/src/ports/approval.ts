import type { Action, Because, Denial, Verdict } from "../action.js";
import type { Environment, Files } from "./environment.js";
import type { TurnContext } from "./turn.js";

/** Pure and synchronous. Several combine: the strictest wins. */
export interface ApprovalPolicy {
  assess(action: Action, turn: TurnContext): Verdict;
}

/** How one try went. */
export type Attempt<T> =
  | { readonly type: "done"; readonly value: T }
  /** The sandbox said no; what the try gave is kept. */
  | { readonly type: "denied"; readonly value: T | undefined; readonly denial: Denial }
  /** A policy, a hook or a person said no; nothing ran. */
  | { readonly type: "refused"; readonly because: readonly Because[] };

/** The only way to an environment: assess, ask, confine, attempt (house.md §3). */
export interface Guard {
  /** Files as the current policy lets them be read; for looking before an action is known. */
  files(): Promise<Files>;
  run<T>(action: Action, attempt: (where: Environment) => Promise<Attempt<T>>): Promise<Attempt<T>>;
}
