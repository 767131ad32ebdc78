import type { EventMsg } from "@codex/protocol";

/** Events that `codex exec` shows nobody. A new event is put here, or into the switch of each view. */
const SILENT = {
  task_complete: true,
  turn_aborted: true,
  user_message: true,
  agent_message: true,
  agent_message_content_delta: true,
  agent_reasoning: true,
  reasoning_content_delta: true,
  raw_response_item: true,
  exec_command_output_delta: true,
  terminal_interaction: true,
  exec_approval_request: true,
  apply_patch_approval_request: true,
  request_user_input: true,
  view_image_tool_call: true,
  turn_diff: true,
  thread_rolled_back: true,
  thread_restored: true,
  undo_started: true,
  undo_completed: true,
  undo_preview_response: true,
  list_undo_steps_response: true,
  list_background_terminals_response: true,
  list_custom_prompts_response: true,
  list_skills_response: true,
  get_history_entry_response: true,
  entered_review_mode: true,
  exited_review_mode: true,
  turn_usage: true,
  shutdown_complete: true,
} as const satisfies { readonly [Type in EventMsg["type"]]?: true };

type Silent = Extract<EventMsg, { readonly type: keyof typeof SILENT }>;

/** What a view has something to say about. */
export type Shown = Exclude<EventMsg, Silent>;

export function isSilent(message: EventMsg): message is Silent {
  return Object.hasOwn(SILENT, message.type);
}
