import type {
  ContentPart,
  Hooks,
  OutputPayload,
  ResponseItem,
  Tool,
  ToolCall,
  ToolContext,
  ToolOutput,
} from "@codex/protocol";
import { callId } from "@codex/protocol";
import type { Gate } from "@codex/common";
import { messageOf } from "@codex/common";
import type { CallUse } from "../limits/tally.js";
import { failure } from "./define.js";
import type { Router } from "./router.js";

/** The call that an item asks for; `undefined` for everything that is no call of ours. */
export function callOf(item: ResponseItem): ToolCall | undefined {
  if (item.type === "function_call") {
    const name = `${item.namespace ?? ""}${item.name}`;
    return { call_id: callId(item.call_id), name, kind: "function", text: item.arguments };
  }
  if (item.type === "custom_tool_call") {
    return { call_id: callId(item.call_id), name: item.name, kind: "custom", text: item.input };
  }
  if (item.type !== "local_shell_call" || item.call_id === null) return undefined;
  const { command, working_directory, timeout_ms } = item.action;
  const text = JSON.stringify({
    command,
    workdir: working_directory ?? undefined,
    timeout_ms: timeout_ms ?? undefined,
  });
  return { call_id: callId(item.call_id), name: "shell", kind: "function", text };
}

export type DispatchContext = ToolContext & {
  readonly hooks: Hooks;
  readonly elapsed: () => number;
  /** Told once, when the call is over. */
  readonly note: (use: CallUse) => void;
};

/**
 * Runs one call through the gate and gives the item that answers it. Never rejects: a failure becomes an output that
 * the model reads, and an abort says how long the call had run (core.md §1.8).
 */
export async function dispatch(
  call: ToolCall,
  router: Router,
  gate: Gate,
  context: DispatchContext,
): Promise<ResponseItem> {
  const output = await outputOf(call, router, gate, context);
  const output_bytes = output.content.reduce((sum, part) => sum + bytesOf(part), 0);
  context.note({ tool: call.name, success: output.success, output_bytes, duration_ms: context.elapsed() });
  return answer(call, output);
}

async function outputOf(call: ToolCall, router: Router, gate: Gate, context: DispatchContext): Promise<ToolOutput> {
  const tool = router.find(call.name);
  if (tool === undefined) return failure(unsupported(call));
  try {
    const mode = tool.parallel ? "read" : "write";
    const output = await gate.run(mode, () => invoke(tool, call, context), context.signal);
    return context.signal.aborted ? aborted(context.elapsed()) : output;
  } catch (error) {
    return context.signal.aborted ? aborted(context.elapsed()) : failure(messageOf(error));
  }
}

/** The tool between its hooks; their words stand behind what it gave. */
async function invoke(tool: Tool, call: ToolCall, context: DispatchContext): Promise<ToolOutput> {
  const { hooks, turn } = context;
  const before = await hooks.before(call, turn);
  if (before.type === "deny") return failure(`${call.name} rejected by a hook: ${before.reason}`);
  const output = await tool.invoke(call, context);
  const after = await hooks.after(call, output, turn);
  const words = [before.context, after.type === "deny" ? after.reason : after.context];
  const added = words.flatMap((text) =>
    text === undefined ? [] : [{ type: "input_text", text: `[hook] ${text}` } as const],
  );
  return { success: output.success && after.type === "continue", content: [...output.content, ...added] };
}

function bytesOf(part: ContentPart): number {
  return Buffer.byteLength(part.type === "input_text" ? part.text : part.image_url);
}

function unsupported(call: ToolCall): string {
  return call.kind === "custom" ? `unsupported custom tool call: ${call.name}` : `unsupported call: ${call.name}`;
}

function aborted(ms: number): ToolOutput {
  return failure(`Wall time: ${Math.max(0.1, ms / 1000).toFixed(1)} seconds\naborted by user`);
}

/** Wire form: text alone goes as a bare string (core.md §9.3). */
function answer(call: ToolCall, output: ToolOutput): ResponseItem {
  const texts = output.content.map((part) => (part.type === "input_text" ? part.text : undefined));
  const payload: OutputPayload = texts.every((text) => text !== undefined) ? texts.join("\n") : output.content;
  const type = call.kind === "custom" ? "custom_tool_call_output" : "function_call_output";
  return { type, call_id: call.call_id, output: payload };
}
