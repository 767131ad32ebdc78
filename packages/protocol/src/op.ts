import type { ReviewDecision, UserInputResponse } from "./asks.js";
import type { UserInput } from "./items.js";
import type { TurnSettings } from "./settings.js";

/** What a face may submit (core.md §1.2). Unknown types are ignored by the session. */
export type Op =
  | { readonly type: "interrupt" }
  | {
      readonly type: "user_input";
      readonly items: readonly UserInput[];
      /** JSON Schema for the final answer of this turn. */
      readonly final_output_json_schema?: unknown;
    }
  | { readonly type: "override_turn_context"; readonly settings: Partial<TurnSettings> }
  | { readonly type: "exec_approval"; readonly id: string; readonly decision: ReviewDecision }
  | { readonly type: "patch_approval"; readonly id: string; readonly decision: ReviewDecision }
  /** `id`: of the turn that asked. */
  | { readonly type: "user_input_answer"; readonly id: string; readonly response: UserInputResponse }
  /** Summarises the conversation now, as a turn of its own (core.md §5.1). */
  | { readonly type: "compact" }
  /** Forgets the last user turns; files stay. Answered by `thread_rolled_back` or `error` (core.md §5.5). */
  | { readonly type: "thread_rollback"; readonly num_turns: number }
  /** Stops every command that a call has left running. */
  | { readonly type: "clean_background_terminals" }
  /** Answered by events of the same name with `_response`. */
  | { readonly type: "list_custom_prompts" }
  | { readonly type: "list_skills" }
  /** Keeps what a person typed for later sessions; the conversation does not get it. */
  | { readonly type: "add_to_history"; readonly text: string }
  | { readonly type: "get_history_entry_request"; readonly offset: number; readonly log_id: number }
  | { readonly type: "shutdown" };
