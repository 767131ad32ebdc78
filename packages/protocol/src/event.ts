import type { Denial } from "./action.js";
import type { ExecApprovalRequest, PatchApprovalRequest, UserInputRequest } from "./asks.js";
import type { CollabToolCall } from "./agents.js";
import type { CodexErrorInfo } from "./errors.js";
import type { CallId, SessionId, TurnId } from "./ids.js";
import type { FileChange, MessagePhase, ParsedCommand, PlanStep, ResponseItem } from "./items.js";
import type { ReasoningEffort, ReasoningSummary } from "./model.js";
import type { AskForApproval, SandboxPolicy } from "./policy.js";
import type { CustomPrompt, PromptHistoryEntry, Skill } from "./ports/codex.js";
import type { UndoReport, UndoStep } from "./ports/snapshots.js";
import type { BackgroundTerminal } from "./ports/terminals.js";
import type { ReviewOutput, ReviewTarget } from "./review.js";
import type { TurnItem } from "./turn-items.js";
import type { ModelUse, RateLimitSnapshot, TokenUsage, TokenUsageInfo, ToolUse } from "./usage.js";

/** What a session says. `id` is the submission that started the turn; start-up events carry the empty string. */
export type Event = { readonly id: string; readonly msg: EventMsg };

type ItemScope = { readonly thread_id: SessionId; readonly turn_id: TurnId };

type CommandScope = {
  readonly call_id: CallId;
  readonly process_id?: string;
  readonly turn_id: TurnId;
  readonly command: readonly string[];
  readonly cwd: string;
  readonly parsed_cmd: readonly ParsedCommand[];
  readonly source: "agent" | "user_shell" | "unified_exec_startup" | "unified_exec_interaction";
};

/** `declined`: a policy, a hook or a person said no, and nothing ran. */
export type CompletionStatus = "completed" | "failed" | "declined";

type Failure = {
  readonly message: string;
  readonly codex_error_info?: CodexErrorInfo;
  /** An `ErrorCode`, which says more than the wire's few words. Absent: what an op asked for could not be done. */
  readonly code?: string;
};

/** The useful set of core.md §1.4. Ordering: core.md §1.1. */
export type EventMsg =
  | SessionConfigured
  | {
      readonly type: "task_started";
      readonly turn_id: TurnId;
      /** Epoch seconds. */
      readonly started_at?: number;
      readonly model_context_window: number | null;
    }
  | {
      readonly type: "task_complete";
      readonly turn_id: TurnId;
      readonly last_agent_message: string | null;
      readonly completed_at?: number;
      readonly duration_ms?: number;
      /** Set when the turn failed; an `error` event came before. */
      readonly error?: Failure;
    }
  | {
      readonly type: "turn_aborted";
      readonly turn_id: TurnId;
      readonly reason: AbortReason;
      readonly completed_at?: number;
      readonly duration_ms?: number;
    }
  | ({ readonly type: "error" } & Failure)
  | { readonly type: "warning"; readonly message: string }
  | { readonly type: "deprecation_notice"; readonly summary: string; readonly details?: string }
  | {
      readonly type: "stream_error";
      readonly message: string;
      readonly codex_error_info?: CodexErrorInfo;
      readonly additional_details?: string;
    }
  | { readonly type: "model_reroute"; readonly from_model: string; readonly to_model: string; readonly reason: string }
  | {
      readonly type: "token_count";
      readonly info: TokenUsageInfo | null;
      readonly rate_limits: RateLimitSnapshot | null;
    }
  | { readonly type: "user_message"; readonly message: string; readonly images?: readonly string[] }
  | { readonly type: "agent_message"; readonly message: string; readonly phase?: MessagePhase }
  | ({ readonly type: "agent_message_content_delta"; readonly item_id: string; readonly delta: string } & ItemScope)
  | { readonly type: "agent_reasoning"; readonly text: string }
  | ({
      readonly type: "reasoning_content_delta";
      readonly item_id: string;
      readonly delta: string;
      readonly summary_index: number;
    } & ItemScope)
  | ({ readonly type: "item_started"; readonly item: TurnItem } & ItemScope)
  | ({ readonly type: "item_completed"; readonly item: TurnItem } & ItemScope)
  | { readonly type: "raw_response_item"; readonly item: ResponseItem }
  | ({ readonly type: "exec_command_begin" } & CommandScope)
  | {
      readonly type: "exec_command_output_delta";
      readonly call_id: CallId;
      readonly stream: "stdout" | "stderr";
      /** Base64 bytes. */
      readonly chunk: string;
    }
  /** Something was typed into a running command; with an empty `stdin` it was only waited for. */
  | {
      readonly type: "terminal_interaction";
      /** Of the call that started the command. */
      readonly call_id: CallId;
      readonly process_id: string;
      readonly stdin: string;
    }
  | ({
      readonly type: "exec_command_end";
      readonly stdout: string;
      readonly stderr: string;
      readonly aggregated_output: string;
      readonly exit_code: number;
      readonly duration: WireDuration;
      /** What the model reads. */
      readonly formatted_output: string;
      readonly status: CompletionStatus;
      /** The sandbox stood in the way of it. */
      readonly denial?: Denial;
    } & CommandScope)
  | ({ readonly type: "exec_approval_request" } & ExecApprovalRequest)
  | ({ readonly type: "apply_patch_approval_request" } & PatchApprovalRequest)
  | ({ readonly type: "request_user_input" } & UserInputRequest)
  | {
      readonly type: "patch_apply_begin";
      readonly call_id: CallId;
      readonly turn_id: TurnId;
      readonly auto_approved: boolean;
      readonly changes: Readonly<Record<string, FileChange>>;
    }
  | {
      readonly type: "patch_apply_end";
      readonly call_id: CallId;
      readonly turn_id: TurnId;
      readonly stdout: string;
      readonly stderr: string;
      readonly success: boolean;
      readonly changes: Readonly<Record<string, FileChange>>;
      readonly status: CompletionStatus;
      readonly denial?: Denial;
    }
  | { readonly type: "turn_diff"; readonly unified_diff: string }
  /** The model looked at a picture; `path` is absolute. */
  | { readonly type: "view_image_tool_call"; readonly call_id: CallId; readonly path: string }
  | { readonly type: "plan_update"; readonly explanation?: string; readonly plan: readonly PlanStep[] }
  /** The history was replaced by a summary; an `item_completed` came before. */
  | { readonly type: "context_compacted" }
  | { readonly type: "thread_rolled_back"; readonly num_turns: number }
  /** Turns that were rolled back are part of the conversation again. */
  | { readonly type: "thread_restored"; readonly num_turns: number; readonly num_items: number }
  | { readonly type: "undo_started"; readonly message?: string }
  /** Not a success: nothing was changed. Conflicts stand in the report. `num_turns`: forgotten, or known again. */
  | {
      readonly type: "undo_completed";
      readonly success: boolean;
      readonly message?: string;
      readonly report?: UndoReport;
      readonly num_turns?: number;
    }
  | { readonly type: "undo_preview_response"; readonly report?: UndoReport; readonly num_turns?: number }
  | {
      readonly type: "list_undo_steps_response";
      readonly steps: readonly UndoStep[];
      /** How many older ones are gone, since no more may be kept. Absent: none. */
      readonly dropped?: number;
    }
  | { readonly type: "list_background_terminals_response"; readonly terminals: readonly BackgroundTerminal[] }
  | { readonly type: "list_custom_prompts_response"; readonly custom_prompts: readonly CustomPrompt[] }
  | { readonly type: "list_skills_response"; readonly skills: readonly SkillsOfFolder[] }
  | {
      readonly type: "get_history_entry_response";
      readonly offset: number;
      readonly log_id: number;
      readonly entry?: PromptHistoryEntry;
    }
  | ({ readonly type: "collab_tool_call_begin" } & CollabToolCall)
  | ({ readonly type: "collab_tool_call_end"; readonly success: boolean } & CollabToolCall)
  | { readonly type: "entered_review_mode"; readonly target: ReviewTarget; readonly user_facing_hint?: string }
  /** `null`: the review was stopped. */
  | { readonly type: "exited_review_mode"; readonly review_output: ReviewOutput | null }
  /** What a turn cost; the last event before the one that ends it. */
  | {
      readonly type: "turn_usage";
      readonly turn_id: TurnId;
      readonly models: readonly ModelUse[];
      readonly tools: readonly ToolUse[];
      /** Of the session so far, sub-agents included. */
      readonly session: { readonly usage: TokenUsage; readonly cost_usd: number | null };
    }
  | { readonly type: "shutdown_complete" };

export type SkillsOfFolder = {
  readonly cwd: string;
  readonly skills: readonly Pick<Skill, "name" | "description" | "path" | "scope">[];
  readonly errors: readonly { readonly path: string; readonly message: string }[];
};

export type SessionConfigured = {
  readonly type: "session_configured";
  readonly session_id: SessionId;
  readonly model: string;
  readonly model_provider_id: string;
  readonly approval_policy: AskForApproval;
  readonly sandbox_policy: SandboxPolicy;
  readonly cwd: string;
  readonly reasoning_effort?: ReasoningEffort;
  readonly reasoning_summary?: ReasoningSummary;
  readonly rollout_path?: string;
  /** Names the file of prompts, and how many it holds. */
  readonly history_log_id?: number;
  readonly history_entry_count?: number;
  /** Variables that commands do not get, because their names look like secrets. Absent: none. */
  readonly withheld_vars?: readonly WithheldVars[];
};

/** Names, sorted, and the setting that passes them on. */
export type WithheldVars = { readonly names: readonly string[]; readonly allow_with: string };

export type AbortReason = "interrupted" | "replaced" | "review_ended";

/** serde's form of a duration. */
export type WireDuration = { readonly secs: number; readonly nanos: number };
