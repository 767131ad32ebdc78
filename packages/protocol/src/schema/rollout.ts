import * as z from "zod/mini";
import { responseItem } from "./items.js";
import { askForApproval, reasoningEffort, reasoningSummary, sandboxPolicy } from "./policy.js";

/** Schemas of rollout.ts: what we write ourselves. */

const sessionSource = z.union([
  z.enum(["cli", "vscode", "exec", "mcp", "unknown"]),
  z.object({ custom: z.string() }),
  z.object({
    subagent: z.union([
      z.literal("review"),
      z.object({ thread_spawn: z.object({ parent_thread_id: z.string(), depth: z.number() }) }),
    ]),
  }),
]);

const sessionMeta = z.object({
  id: z.string(),
  session_id: z.exactOptional(z.string()),
  timestamp: z.string(),
  cwd: z.string(),
  originator: z.string(),
  cli_version: z.string(),
  source: sessionSource,
  model_provider: z.string(),
  base_instructions: z.object({ text: z.string() }),
  history_mode: z.literal("legacy"),
  forked_from_id: z.exactOptional(z.string()),
  git: z.exactOptional(
    z.object({
      commit_hash: z.exactOptional(z.string()),
      branch: z.exactOptional(z.string()),
      repository_url: z.exactOptional(z.string()),
    }),
  ),
});

const turnContext = z.object({
  turn_id: z.string(),
  cwd: z.string(),
  approval_policy: askForApproval,
  sandbox_policy: sandboxPolicy,
  model: z.string(),
  effort: z.exactOptional(reasoningEffort),
  summary: reasoningSummary,
  current_date: z.exactOptional(z.string()),
  timezone: z.exactOptional(z.string()),
});

export const rolloutItem = z.discriminatedUnion("type", [
  z.object({ type: z.literal("session_meta"), payload: sessionMeta }),
  z.object({ type: z.literal("response_item"), payload: responseItem }),
  z.object({ type: z.literal("event_msg"), payload: z.looseObject({ type: z.string() }) }),
  z.object({ type: z.literal("turn_context"), payload: turnContext }),
  z.object({
    type: z.literal("compacted"),
    payload: z.object({ message: z.string(), replacement_history: z.array(responseItem) }),
  }),
]);

export const rolloutLine = z.object({
  timestamp: z.string(),
  ordinal: z.exactOptional(z.number()),
  type: z.string(),
  payload: z.unknown(),
});
