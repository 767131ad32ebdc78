import type { Action, Because, Denial, NetworkPolicyAmendment, NetworkTarget, Verdict } from "../action.js";
import type { ResolvedPolicy } from "../policy.js";
import type { Environment, Files } from "./environment.js";
import type { TurnContext } from "./turn.js";

/** Pure and synchronous. Several combine: the strictest wins. */
export interface ApprovalPolicy {
  /** `resolved`: the turn's sandbox policy as it would be enforced. */
  assess(action: Action, turn: TurnContext, resolved: ResolvedPolicy): Verdict;
}

/** What a person allowed for longer than once, and what ran: the memory beside the policy. */
export interface Consents {
  /** It is about to run. */
  note(action: Action): void;
  /** Was this very thing allowed for the session, however it is wrapped? */
  cover(action: Action): boolean;
  allowForSession(action: Action): void;
  /** Allows commands with this prefix from now on, in later sessions too. What is wrong, when it cannot be kept. */
  allowPrefix(pattern: readonly string[], signal: AbortSignal): Promise<string | undefined>;
  /** The same for a host, allowed or refused. */
  ruleHost(
    target: NetworkTarget,
    action: NetworkPolicyAmendment["action"],
    signal: AbortSignal,
  ): Promise<string | undefined>;
}

/** How one try went. */
export type Attempt<T> =
  | { readonly type: "done"; readonly value: T }
  /** The sandbox said no; what the try gave is kept. */
  | { readonly type: "denied"; readonly value: T | undefined; readonly denial: Denial }
  /** A policy or a person said no; nothing ran. `allow_with`: the smallest change that would allow it. */
  | { readonly type: "refused"; readonly because: readonly Because[]; readonly allow_with?: string };

/** Who let an attempt happen. */
export type Consent = "policy" | "person";

/** The only way to an environment: assess, ask, confine, attempt (house.md §3). */
export interface Guard {
  /** Files as the current policy lets them be read; for looking before an action is known. */
  files(): Promise<Files>;
  /** `attempt` may be made twice: inside the sandbox, and with consent once more outside. */
  run<T>(action: Action, attempt: (where: Environment, by: Consent) => Promise<Attempt<T>>): Promise<Attempt<T>>;
}
