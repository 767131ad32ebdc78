import * as z from "zod/mini";
import { collabToolCall, reviewOutput, reviewTarget } from "./agents.js";
import { execApprovalRequest, patchApprovalRequest, userInputRequest } from "./asks.js";
import { fileChange, messagePhase, parsedCommand, planStep, responseItem, turnItem } from "./items.js";
import { askForApproval, denial, reasoningEffort, reasoningSummary, sandboxPolicy } from "./policy.js";
import { undoReport, undoStep } from "./undo.js";
import { codexErrorInfo, modelUse, rateLimitSnapshot, tokenUsage, tokenUsageInfo, toolUse } from "./usage.js";

/** Schemas of event.ts. */

const itemScope = { thread_id: z.string(), turn_id: z.string() };
const trouble = { message: z.string(), codex_error_info: z.exactOptional(codexErrorInfo) };
const failure = { ...trouble, code: z.exactOptional(z.string()) };
const ending = { completed_at: z.exactOptional(z.number()), duration_ms: z.exactOptional(z.number()) };
const status = z.enum(["completed", "failed", "declined"]);

const commandScope = {
  call_id: z.string(),
  process_id: z.exactOptional(z.string()),
  turn_id: z.string(),
  command: z.array(z.string()),
  cwd: z.string(),
  parsed_cmd: z.array(parsedCommand),
  source: z.enum(["agent", "user_shell", "unified_exec_startup", "unified_exec_interaction"]),
};

const patchScope = { call_id: z.string(), turn_id: z.string(), changes: z.record(z.string(), fileChange) };

const sessionConfigured = z.object({
  type: z.literal("session_configured"),
  session_id: z.string(),
  model: z.string(),
  model_provider_id: z.string(),
  approval_policy: askForApproval,
  sandbox_policy: sandboxPolicy,
  cwd: z.string(),
  reasoning_effort: z.exactOptional(reasoningEffort),
  reasoning_summary: z.exactOptional(reasoningSummary),
  rollout_path: z.exactOptional(z.string()),
  history_log_id: z.exactOptional(z.number()),
  history_entry_count: z.exactOptional(z.number()),
  withheld_vars: z.exactOptional(z.array(z.object({ names: z.array(z.string()), allow_with: z.string() }))),
});

const turnEvents = [
  z.object({
    type: z.literal("task_started"),
    turn_id: z.string(),
    started_at: z.exactOptional(z.number()),
    model_context_window: z.nullable(z.number()),
  }),
  z.object({
    type: z.literal("task_complete"),
    turn_id: z.string(),
    last_agent_message: z.nullable(z.string()),
    ...ending,
    error: z.exactOptional(z.object(failure)),
  }),
  z.object({
    type: z.literal("turn_aborted"),
    turn_id: z.string(),
    reason: z.enum(["interrupted", "replaced", "review_ended"]),
    ...ending,
  }),
  z.object({ type: z.literal("error"), ...failure }),
  z.object({ type: z.literal("warning"), message: z.string() }),
  z.object({
    type: z.literal("deprecation_notice"),
    summary: z.string(),
    details: z.exactOptional(z.string()),
  }),
  z.object({
    type: z.literal("stream_error"),
    ...trouble,
    additional_details: z.exactOptional(z.string()),
  }),
  z.object({
    type: z.literal("model_reroute"),
    from_model: z.string(),
    to_model: z.string(),
    reason: z.string(),
  }),
  z.object({
    type: z.literal("token_count"),
    info: z.nullable(tokenUsageInfo),
    rate_limits: z.nullable(rateLimitSnapshot),
  }),
] as const;

const itemEvents = [
  z.object({
    type: z.literal("user_message"),
    message: z.string(),
    images: z.exactOptional(z.array(z.string())),
  }),
  z.object({ type: z.literal("agent_message"), message: z.string(), phase: z.exactOptional(messagePhase) }),
  z.object({
    type: z.literal("agent_message_content_delta"),
    item_id: z.string(),
    delta: z.string(),
    ...itemScope,
  }),
  z.object({ type: z.literal("agent_reasoning"), text: z.string() }),
  z.object({
    type: z.literal("reasoning_content_delta"),
    item_id: z.string(),
    delta: z.string(),
    summary_index: z.number(),
    ...itemScope,
  }),
  z.object({ type: z.literal("item_started"), item: turnItem, ...itemScope }),
  z.object({ type: z.literal("item_completed"), item: turnItem, ...itemScope }),
  z.object({ type: z.literal("raw_response_item"), item: responseItem }),
  z.object({ type: z.literal("plan_update"), explanation: z.exactOptional(z.string()), plan: z.array(planStep) }),
  z.object({ type: z.literal("context_compacted") }),
  z.object({ type: z.literal("thread_rolled_back"), num_turns: z.number() }),
  z.object({ type: z.literal("thread_restored"), num_turns: z.number(), num_items: z.number() }),
  z.object({ type: z.literal("undo_started"), message: z.exactOptional(z.string()) }),
  z.object({
    type: z.literal("undo_completed"),
    success: z.boolean(),
    message: z.exactOptional(z.string()),
    report: z.exactOptional(undoReport),
    num_turns: z.exactOptional(z.number()),
  }),
  z.object({
    type: z.literal("undo_preview_response"),
    report: z.exactOptional(undoReport),
    num_turns: z.exactOptional(z.number()),
  }),
  z.object({
    type: z.literal("list_undo_steps_response"),
    steps: z.array(undoStep),
    dropped: z.exactOptional(z.number()),
  }),
] as const;

const toolEvents = [
  z.object({ type: z.literal("exec_command_begin"), ...commandScope }),
  z.object({
    type: z.literal("exec_command_output_delta"),
    call_id: z.string(),
    stream: z.enum(["stdout", "stderr"]),
    chunk: z.string(),
  }),
  z.object({
    type: z.literal("terminal_interaction"),
    call_id: z.string(),
    process_id: z.string(),
    stdin: z.string(),
  }),
  z.object({
    type: z.literal("exec_command_end"),
    stdout: z.string(),
    stderr: z.string(),
    aggregated_output: z.string(),
    exit_code: z.number(),
    duration: z.object({ secs: z.number(), nanos: z.number() }),
    formatted_output: z.string(),
    status,
    denial: z.exactOptional(denial),
    ...commandScope,
  }),
  z.object({ type: z.literal("exec_approval_request"), ...execApprovalRequest }),
  z.object({ type: z.literal("apply_patch_approval_request"), ...patchApprovalRequest }),
  z.object({ type: z.literal("request_user_input"), ...userInputRequest }),
  z.object({ type: z.literal("patch_apply_begin"), auto_approved: z.boolean(), ...patchScope }),
  z.object({
    type: z.literal("patch_apply_end"),
    stdout: z.string(),
    stderr: z.string(),
    success: z.boolean(),
    status,
    denial: z.exactOptional(denial),
    ...patchScope,
  }),
  z.object({ type: z.literal("turn_diff"), unified_diff: z.string() }),
  z.object({ type: z.literal("view_image_tool_call"), call_id: z.string(), path: z.string() }),
] as const;

const agentEvents = [
  z.object({ type: z.literal("collab_tool_call_begin"), ...collabToolCall }),
  z.object({ type: z.literal("collab_tool_call_end"), success: z.boolean(), ...collabToolCall }),
  z.object({
    type: z.literal("entered_review_mode"),
    target: reviewTarget,
    user_facing_hint: z.exactOptional(z.string()),
  }),
  z.object({ type: z.literal("exited_review_mode"), review_output: z.nullable(reviewOutput) }),
  z.object({
    type: z.literal("turn_usage"),
    turn_id: z.string(),
    models: z.array(modelUse),
    tools: z.array(toolUse),
    session: z.object({ usage: tokenUsage, cost_usd: z.nullable(z.number()) }),
  }),
] as const;

const terminal = z.object({
  process_id: z.string(),
  call_id: z.string(),
  command: z.array(z.string()),
  cwd: z.string(),
  tty: z.boolean(),
  duration_ms: z.number(),
});

const customPrompt = z.object({
  name: z.string(),
  path: z.string(),
  content: z.string(),
  description: z.exactOptional(z.string()),
  argument_hint: z.exactOptional(z.string()),
});

const skillsOfFolder = z.object({
  cwd: z.string(),
  skills: z.array(
    z.object({
      name: z.string(),
      description: z.string(),
      path: z.string(),
      scope: z.enum(["user", "repo"]),
    }),
  ),
  errors: z.array(z.object({ path: z.string(), message: z.string() })),
});

const answers = [
  z.object({ type: z.literal("list_background_terminals_response"), terminals: z.array(terminal) }),
  z.object({ type: z.literal("list_custom_prompts_response"), custom_prompts: z.array(customPrompt) }),
  z.object({ type: z.literal("list_skills_response"), skills: z.array(skillsOfFolder) }),
  z.object({
    type: z.literal("get_history_entry_response"),
    offset: z.number(),
    log_id: z.number(),
    entry: z.exactOptional(z.object({ session_id: z.string(), ts: z.number(), text: z.string() })),
  }),
  z.object({ type: z.literal("shutdown_complete") }),
] as const;

export const eventMessage = z.discriminatedUnion("type", [
  sessionConfigured,
  ...turnEvents,
  ...itemEvents,
  ...toolEvents,
  ...agentEvents,
  ...answers,
]);

export const event = z.object({ id: z.string(), msg: eventMessage });
