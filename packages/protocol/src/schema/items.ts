import * as z from "zod/mini";

/** Schemas of items.ts and turn-items.ts. */

const id = z.exactOptional(z.string());
const detail = z.exactOptional(z.enum(["low", "high", "original", "auto"]));
const inputText = z.object({ type: z.literal("input_text"), text: z.string() });
const inputImage = z.object({ type: z.literal("input_image"), image_url: z.string(), detail });
const outputText = z.object({ type: z.literal("output_text"), text: z.string() });
const output = z.union([z.string(), z.array(z.discriminatedUnion("type", [inputText, inputImage]))]);

export const messagePhase = z.enum(["commentary", "final_answer"]);

export const webSearchAction = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("search"),
    query: z.exactOptional(z.string()),
    queries: z.exactOptional(z.array(z.string())),
  }),
  z.object({ type: z.literal("open_page"), url: z.exactOptional(z.string()) }),
  z.object({
    type: z.literal("find_in_page"),
    url: z.exactOptional(z.string()),
    pattern: z.exactOptional(z.string()),
  }),
  z.object({ type: z.literal("other") }),
]);

const message = z.object({
  type: z.literal("message"),
  id,
  role: z.enum(["user", "assistant", "developer"]),
  content: z.array(z.discriminatedUnion("type", [inputText, inputImage, outputText])),
  phase: z.exactOptional(messagePhase),
  status: z.exactOptional(z.string()),
});

const reasoning = z.object({
  type: z.literal("reasoning"),
  id,
  summary: z.array(z.object({ type: z.literal("summary_text"), text: z.string() })),
  content: z.exactOptional(
    z.nullable(z.array(z.object({ type: z.enum(["reasoning_text", "text"]), text: z.string() }))),
  ),
  encrypted_content: z.nullable(z.string()),
});

const localShellCall = z.object({
  type: z.literal("local_shell_call"),
  id,
  call_id: z.nullable(z.string()),
  status: z.enum(["completed", "in_progress", "incomplete"]),
  action: z.object({
    type: z.literal("exec"),
    command: z.array(z.string()),
    timeout_ms: z.exactOptional(z.nullable(z.number())),
    working_directory: z.exactOptional(z.nullable(z.string())),
    env: z.exactOptional(z.nullable(z.record(z.string(), z.string()))),
    user: z.exactOptional(z.nullable(z.string())),
  }),
});

export const responseItem = z.discriminatedUnion("type", [
  message,
  reasoning,
  z.object({
    type: z.literal("function_call"),
    id,
    name: z.string(),
    namespace: z.exactOptional(z.string()),
    arguments: z.string(),
    call_id: z.string(),
  }),
  z.object({ type: z.literal("function_call_output"), id, call_id: z.string(), output }),
  z.object({
    type: z.literal("custom_tool_call"),
    id,
    status: z.exactOptional(z.string()),
    call_id: z.string(),
    name: z.string(),
    input: z.string(),
  }),
  z.object({
    type: z.literal("custom_tool_call_output"),
    id,
    call_id: z.string(),
    name: z.exactOptional(z.string()),
    output,
  }),
  localShellCall,
  z.object({
    type: z.literal("web_search_call"),
    id,
    status: z.exactOptional(z.string()),
    action: z.exactOptional(webSearchAction),
  }),
  z.object({ type: z.literal("compaction"), id, encrypted_content: z.string() }),
]);

const textElement = z.object({
  byte_range: z.object({ start: z.number(), end: z.number() }),
  placeholder: z.exactOptional(z.string()),
});

export const userInput = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("text"),
    text: z.string(),
    text_elements: z.exactOptional(z.array(textElement)),
  }),
  z.object({ type: z.literal("image"), image_url: z.string(), detail }),
  z.object({ type: z.literal("local_image"), path: z.string(), detail }),
  z.object({ type: z.literal("skill"), name: z.string(), path: z.string() }),
  z.object({ type: z.literal("mention"), name: z.string(), path: z.string() }),
]);

export const fileChange = z.discriminatedUnion("type", [
  z.object({ type: z.literal("add"), content: z.string() }),
  z.object({ type: z.literal("delete"), content: z.string() }),
  z.object({ type: z.literal("update"), unified_diff: z.string(), move_path: z.nullable(z.string()) }),
]);

export const parsedCommand = z.discriminatedUnion("type", [
  z.object({ type: z.literal("read"), cmd: z.string(), name: z.string(), path: z.string() }),
  z.object({ type: z.literal("list_files"), cmd: z.string(), path: z.nullable(z.string()) }),
  z.object({
    type: z.literal("search"),
    cmd: z.string(),
    query: z.nullable(z.string()),
    path: z.nullable(z.string()),
  }),
  z.object({ type: z.literal("unknown"), cmd: z.string() }),
]);

export const planStep = z.object({
  step: z.string(),
  status: z.enum(["pending", "in_progress", "completed"]),
});

export const turnItem = z.discriminatedUnion("type", [
  z.object({ type: z.literal("UserMessage"), id: z.string(), content: z.array(userInput) }),
  z.object({
    type: z.literal("AgentMessage"),
    id: z.string(),
    content: z.array(z.object({ type: z.literal("Text"), text: z.string() })),
    phase: z.exactOptional(messagePhase),
  }),
  z.object({
    type: z.literal("Reasoning"),
    id: z.string(),
    summary_text: z.array(z.string()),
    raw_content: z.array(z.string()),
  }),
  z.object({ type: z.literal("ContextCompaction"), id: z.string() }),
  z.object({ type: z.literal("WebSearch"), id: z.string(), query: z.string(), action: webSearchAction }),
]);
