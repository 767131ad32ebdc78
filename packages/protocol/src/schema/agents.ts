import * as z from "zod/mini";
import { tokenUsage } from "./usage.js";

/** Schemas of agents.ts and review.ts. */

const agentState = z.object({
  status: z.enum(["pending_init", "running", "completed", "interrupted", "errored", "shutdown"]),
  message: z.nullable(z.string()),
  usage: tokenUsage,
  cost_usd: z.nullable(z.number()),
});

export const collabToolCall = {
  call_id: z.string(),
  tool: z.enum(["spawn_agent", "send_input", "wait", "close_agent"]),
  sender_thread_id: z.string(),
  receiver_thread_ids: z.array(z.string()),
  prompt: z.nullable(z.string()),
  agents_states: z.record(z.string(), agentState),
};

export const reviewTarget = z.discriminatedUnion("type", [
  z.object({ type: z.literal("uncommittedChanges") }),
  z.object({ type: z.literal("baseBranch"), branch: z.string() }),
  z.object({ type: z.literal("commit"), sha: z.string(), title: z.exactOptional(z.string()) }),
  z.object({ type: z.literal("custom"), instructions: z.string() }),
]);

export const reviewOutput = z.object({
  findings: z.array(
    z.object({
      title: z.string(),
      body: z.string(),
      confidence_score: z.number(),
      priority: z.number(),
      code_location: z.object({
        absolute_file_path: z.string(),
        line_range: z.object({ start: z.number(), end: z.number() }),
      }),
    }),
  ),
  overall_correctness: z.string(),
  overall_explanation: z.string(),
  overall_confidence_score: z.number(),
});
