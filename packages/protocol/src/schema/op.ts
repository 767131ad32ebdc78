import * as z from "zod/mini";
import { reviewDecision, userInputResponse } from "./asks.js";
import { userInput } from "./items.js";
import { turnOverrides } from "./policy.js";
import { undoAsked } from "./undo.js";

/** Schemas of op.ts. */

const input = {
  items: z.array(userInput),
  final_output_json_schema: z.exactOptional(z.unknown()),
};

export const op = z.discriminatedUnion("type", [
  z.object({ type: z.literal("interrupt") }),
  z.object({ type: z.literal("user_input"), ...input, when_idle: z.exactOptional(z.boolean()) }),
  z.object({ type: z.literal("user_turn"), ...input, ...turnOverrides }),
  z.object({ type: z.literal("override_turn_context"), ...turnOverrides }),
  z.object({
    type: z.literal("exec_approval"),
    id: z.string(),
    turn_id: z.exactOptional(z.string()),
    decision: reviewDecision,
  }),
  z.object({ type: z.literal("patch_approval"), id: z.string(), decision: reviewDecision }),
  z.object({ type: z.literal("user_input_answer"), id: z.string(), response: userInputResponse }),
  z.object({ type: z.literal("compact") }),
  z.object({ type: z.literal("thread_rollback"), num_turns: z.number() }),
  z.object({ type: z.literal("undo"), ...undoAsked }),
  z.object({ type: z.literal("redo"), ...undoAsked }),
  z.object({ type: z.literal("list_undo_steps") }),
  z.object({ type: z.literal("run_user_shell_command"), command: z.string() }),
  z.object({ type: z.literal("clean_background_terminals") }),
  z.object({ type: z.literal("stop_background_terminal"), process_id: z.string() }),
  z.object({ type: z.literal("list_background_terminals") }),
  z.object({ type: z.literal("list_custom_prompts") }),
  z.object({ type: z.literal("list_skills"), cwds: z.exactOptional(z.array(z.string())) }),
  z.object({ type: z.literal("add_to_history"), text: z.string() }),
  z.object({ type: z.literal("get_history_entry_request"), offset: z.number(), log_id: z.number() }),
  z.object({ type: z.literal("shutdown"), when_idle: z.exactOptional(z.boolean()) }),
]);

export const submission = z.object({ id: z.string().check(z.minLength(1)), op });
