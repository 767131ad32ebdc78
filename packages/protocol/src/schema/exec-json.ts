import * as z from "zod/mini";
import { collabToolCall } from "./agents.js";
import { webSearchAction } from "./items.js";
import { denial } from "./policy.js";

/** Schemas of exec-json.ts. */

const id = z.string();
const { call_id: _call_id, ...collabItem } = collabToolCall;
const usage = z.object({
  input_tokens: z.number(),
  cached_input_tokens: z.number(),
  cache_write_input_tokens: z.number(),
  output_tokens: z.number(),
  reasoning_output_tokens: z.number(),
});

export const threadItem = z.discriminatedUnion("type", [
  z.object({ id, type: z.literal("agent_message"), text: z.string() }),
  z.object({ id, type: z.literal("reasoning"), text: z.string() }),
  z.object({
    id,
    type: z.literal("command_execution"),
    command: z.string(),
    aggregated_output: z.string(),
    exit_code: z.nullable(z.number()),
    status: z.enum(["in_progress", "completed", "failed", "declined"]),
    denial: z.exactOptional(denial),
  }),
  z.object({
    id,
    type: z.literal("file_change"),
    changes: z.array(z.object({ path: z.string(), kind: z.enum(["add", "delete", "update"]) })),
    status: z.enum(["in_progress", "completed", "failed"]),
    denial: z.exactOptional(denial),
  }),
  z.object({
    id,
    type: z.literal("collab_tool_call"),
    ...collabItem,
    status: z.enum(["in_progress", "completed", "failed"]),
  }),
  z.object({ id, type: z.literal("web_search"), query: z.string(), action: webSearchAction }),
  z.object({
    id,
    type: z.literal("todo_list"),
    items: z.array(z.object({ text: z.string(), completed: z.boolean() })),
  }),
  z.object({ id, type: z.literal("error"), message: z.string() }),
]);

export const threadEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("thread.started"), thread_id: z.string() }),
  z.object({ type: z.literal("turn.started") }),
  z.object({ type: z.literal("turn.completed"), usage }),
  z.object({ type: z.literal("turn.failed"), error: z.object({ message: z.string() }) }),
  z.object({ type: z.enum(["item.started", "item.updated", "item.completed"]), item: threadItem }),
  z.object({ type: z.literal("error"), message: z.string() }),
]);
