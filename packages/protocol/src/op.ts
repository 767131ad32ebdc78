import type { ReviewDecision, UserInputResponse } from "./asks.js";
import type { UserInput } from "./items.js";
import type { TurnOverrides } from "./settings.js";

/** What a face may submit (core.md §1.2). Unknown types are ignored by the session. */
export type Op =
  | { readonly type: "interrupt" }
  | {
      readonly type: "user_input";
      readonly items: readonly UserInput[];
      /** JSON Schema for the final answer of this turn. */
      readonly final_output_json_schema?: unknown;
      /** A turn of its own, behind the one that runs. Default: it steers that one, and no turn has its id. */
      readonly when_idle?: boolean;
    }
  /** The same with settings that also hold for later turns. */
  | ({
      readonly type: "user_turn";
      readonly items: readonly UserInput[];
      readonly final_output_json_schema?: unknown;
    } & TurnOverrides)
  /** Settings of later turns; no answer unless they are wrong. */
  | ({ readonly type: "override_turn_context" } & TurnOverrides)
  | {
      readonly type: "exec_approval";
      readonly id: string;
      readonly turn_id?: string;
      readonly decision: ReviewDecision;
    }
  | { readonly type: "patch_approval"; readonly id: string; readonly decision: ReviewDecision }
  /** `id`: of the turn that asked. */
  | { readonly type: "user_input_answer"; readonly id: string; readonly response: UserInputResponse }
  /** Summarises the conversation now, as a turn of its own (core.md §5.1). */
  | { readonly type: "compact" }
  /** Forgets the last user turns; files stay. Answered by `thread_rolled_back` or `error` (core.md §5.5). */
  | { readonly type: "thread_rollback"; readonly num_turns: number }
  /**
   * Takes back steps that changed files, and the conversation about them; only between turns. Answered by
   * `undo_started` and `undo_completed` (core.md §1.4), or with `preview` by `undo_preview_response`.
   */
  | ({ readonly type: "undo" } & UndoAsked)
  /** Makes again what was taken back last. */
  | ({ readonly type: "redo" } & UndoAsked)
  | { readonly type: "list_undo_steps" }
  /**
   * What the person typed behind `!`: their shell, no sandbox, no question (core.md §1.9). A turn of its own, or beside
   * the one that runs; the model reads the result with its next request.
   */
  | { readonly type: "run_user_shell_command"; readonly command: string }
  /** Stops every command that a call has left running. */
  | { readonly type: "clean_background_terminals" }
  /** Stops one of them; answered by `error` when there is none. */
  | { readonly type: "stop_background_terminal"; readonly process_id: string }
  /** Answered by events of the same name with `_response`. */
  | { readonly type: "list_background_terminals" }
  | { readonly type: "list_custom_prompts" }
  /** `cwds`: absolute; absent or empty: the session's. */
  | { readonly type: "list_skills"; readonly cwds?: readonly string[] }
  /** Keeps what a person typed for later sessions; the conversation does not get it. */
  | { readonly type: "add_to_history"; readonly text: string }
  | { readonly type: "get_history_entry_request"; readonly offset: number; readonly log_id: number }
  /** `when_idle`: turns that run or wait are finished first. */
  | { readonly type: "shutdown"; readonly when_idle?: boolean };

export type UndoAsked = {
  /** Steps; turns where only the conversation is meant. Default: 1. */
  readonly steps?: number;
  /** `both`, the default: turns are forgotten once all that they did to files is taken back. */
  readonly scope?: "both" | "files" | "conversation";
  /** Also what was changed since. */
  readonly force?: boolean;
  readonly preview?: boolean;
};

/** One line of `codex proto`'s input: an op, and the id that its events will carry. */
export type Submission = { readonly id: string; readonly op: Op };
