import type { ReasoningEffort, ReasoningSummary, Verbosity } from "./model.js";
import type { AskForApproval, SandboxPolicy } from "./policy.js";

/** What may differ from turn to turn; frozen for the length of one. */
export type TurnSettings = {
  /** Absolute. */
  readonly cwd: string;
  readonly model: string;
  readonly model_provider: string;
  readonly approval_policy: AskForApproval;
  readonly sandbox_policy: SandboxPolicy;
  readonly effort?: ReasoningEffort;
  readonly summary?: ReasoningSummary;
  readonly verbosity?: Verbosity;
  readonly service_tier?: string;
  /** JSON Schema for the final answer of the next turn only. */
  readonly output_schema?: unknown;
};

/** What an op may change for later turns (core.md §1.2). Absent: stays; `null`: goes back to the default. */
export type TurnOverrides = {
  /** Absolute. */
  readonly cwd?: string;
  readonly model?: string;
  readonly approval_policy?: AskForApproval;
  readonly sandbox_policy?: SandboxPolicy;
  readonly effort?: ReasoningEffort | null;
  readonly summary?: ReasoningSummary;
  readonly service_tier?: string | null;
};
