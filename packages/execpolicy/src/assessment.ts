import type { Because, Grant } from "@codex/protocol";
import type { Danger } from "./dangerous.js";
import type { Outcome } from "./decision.js";
import type { RuleMatch } from "./policy.js";
import type { Reading } from "./shell/reading.js";

/** One command of a script, or the argument vector as a whole. */
export type SegmentAssessment = {
  readonly argv: readonly string[];
  readonly decision: Outcome;
  /** What decided: a rule, the built-in lists, or nothing. */
  readonly by: "rule" | "danger" | "known_safe" | "nothing";
  readonly matches: readonly RuleMatch[];
  readonly danger?: Danger;
  readonly because: readonly Because[];
};

export type CommandAssessment = {
  readonly reading: Reading["type"];
  /** The strictest of the segments. What follows from it depends on mode and sandbox, which are the caller's. */
  readonly decision: Outcome;
  readonly by: SegmentAssessment["by"];
  /** Every segment is allowed by a rule: the user meant it to run without asking and outside the sandbox. */
  readonly covered: boolean;
  readonly segments: readonly SegmentAssessment[];
  readonly because: readonly Because[];
  /** What the model or the user is told, when a rule or a danger decided (exec.md §2.6). */
  readonly reason?: string;
  /** The rule to offer with a question (exec.md §2.5); absent when none may be. Worked out when it is read. */
  readonly amendment: readonly string[] | undefined;
  /** Worked out when they are read: each command of the session so far is looked at again. */
  readonly grants: readonly Grant[];
  /** The smallest change that would allow it: lines for a rules file, or which rule to take away. */
  readonly allow_with: string | undefined;
  /** Equal for commands that are the same however they are wrapped. */
  readonly key: readonly string[];
};
