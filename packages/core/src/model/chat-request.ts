import type { Prompt, ToolSpec } from "@codex/protocol";
import { chatMessages } from "./chat-messages.js";
import type { BodyOptions } from "./request.js";
import { serviceTier } from "./request.js";

/**
 * The body of `POST /chat/completions`. Only what nearly every server takes: some refuse a request for one field they
 * do not know, so `store`, `tool_choice` and `parallel_tool_calls` stay at their defaults.
 */
export function chatBody(prompt: Prompt, options: BodyOptions): Readonly<Record<string, unknown>> {
  const { info, settings } = options;
  const tier = serviceTier(settings.service_tier);
  const takesVerbosity = info.default_verbosity !== undefined && settings.verbosity !== undefined;
  return {
    model: settings.model,
    messages: chatMessages(prompt.instructions, prompt.input),
    stream: true,
    stream_options: { include_usage: true },
    ...(prompt.tools.length === 0 ? {} : { tools: prompt.tools.flatMap(chatTool) }),
    ...(settings.effort === undefined ? {} : { reasoning_effort: settings.effort }),
    ...(takesVerbosity ? { verbosity: settings.verbosity } : {}),
    ...(tier === undefined ? {} : { service_tier: tier }),
    ...(prompt.output_schema === undefined ? {} : { response_format: responseFormat(prompt.output_schema) }),
  };
}

function responseFormat(schema: unknown): object {
  return { type: "json_schema", json_schema: { name: "codex_output_schema", strict: true, schema } };
}

/** A tool with free text as its input becomes a function of one text; what a server carries out is unknown here. */
function chatTool(tool: ToolSpec): readonly object[] {
  if (tool.type === "web_search") return [];
  const { name, description } = tool;
  if (tool.type === "custom") return [{ type: "function", function: { name, description, parameters: FREE_TEXT } }];
  return [{ type: "function", function: { name, description, parameters: tool.parameters, strict: tool.strict } }];
}

const FREE_TEXT = {
  type: "object",
  properties: { input: { type: "string" } },
  required: ["input"],
  additionalProperties: false,
};
