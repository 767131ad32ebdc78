import type { SessionId } from "./ids.js";
import type { ResponseItem } from "./items.js";
import type { ReasoningEffort, ReasoningSummary } from "./model.js";
import type { AskForApproval, SandboxPolicy } from "./policy.js";

/** One line of a session file. Unknown types are kept as they are (rollout-live.md §2). */
export type RolloutLine = {
  /** UTC, milliseconds, `Z`. */
  readonly timestamp: string;
  readonly ordinal?: number;
  readonly type: string;
  readonly payload: unknown;
};

/** What we write ourselves; the store adds the timestamp (rollout-live.md §3). */
export type RolloutItem =
  | { readonly type: "session_meta"; readonly payload: SessionMeta }
  | { readonly type: "response_item"; readonly payload: ResponseItem }
  | { readonly type: "event_msg"; readonly payload: StoredEvent }
  | { readonly type: "turn_context"; readonly payload: TurnContextLine }
  | { readonly type: "compacted"; readonly payload: CompactedLine };

/** An event as a file keeps it, which may be more or less than faces see. */
export type StoredEvent = { readonly type: string } & Readonly<Record<string, unknown>>;

/**
 * How a file's events are written: `legacy` without ordinals and with `user_message` and `agent_message` events,
 * `paginated` with an ordinal on every line and `item_completed` events. Never changes (rollout-live.md §0.2).
 */
export type HistoryMode = "legacy" | "paginated";

/** The history was replaced; everything before stays in the file (rollout-live.md §3.7). */
export type CompactedLine = {
  /** The text of the summary message. */
  readonly message: string;
  readonly replacement_history: readonly ResponseItem[];
};

/** Where a repository stands; what is not known is absent (exec.md §7.2). */
export type RepositoryFacts = {
  readonly commit_hash?: string;
  readonly branch?: string;
  /** Of `origin`, without password or token. */
  readonly repository_url?: string;
};

/** First line of a session file (rollout-live.md §3.1). */
export type SessionMeta = {
  readonly id: string;
  /** Of the root session; the same as `id`. */
  readonly session_id?: string;
  readonly timestamp: string;
  readonly cwd: string;
  readonly originator: string;
  readonly cli_version: string;
  readonly source: SessionSource;
  readonly model_provider: string;
  readonly base_instructions: { readonly text: string };
  /** Ours are always `legacy`, which every version reads (rollout-live.md §10). */
  readonly history_mode: "legacy";
  readonly forked_from_id?: string;
  readonly git?: RepositoryFacts;
};

export type SessionSource =
  "cli" | "vscode" | "exec" | "mcp" | "unknown" | { readonly custom: string } | { readonly subagent: SubagentSource };

/** Who opened a session that no person did (rollout-live.md §3.1). */
export type SubagentSource =
  "review" | { readonly thread_spawn: { readonly parent_thread_id: SessionId; readonly depth: number } };

/** Settings of one user turn (rollout-live.md §3.2). */
export type TurnContextLine = {
  readonly turn_id: string;
  readonly cwd: string;
  readonly approval_policy: AskForApproval;
  readonly sandbox_policy: SandboxPolicy;
  readonly model: string;
  readonly effort?: ReasoningEffort;
  readonly summary: ReasoningSummary;
  readonly current_date?: string;
  readonly timezone?: string;
};
