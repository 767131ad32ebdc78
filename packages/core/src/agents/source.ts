import type { CollabToolCall, SessionId, Tool, ToolCall, ToolContext, ToolOutput, ToolSource } from "@codex/protocol";
import * as z from "zod/mini";
import { defineTool, failure, success } from "../tools/define.js";
import type { Agent } from "./agent.js";
import type { AgentPool } from "./pool.js";

const DEFAULT_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 3_600_000;

const described = (text: string) => z.string().check(z.describe(text));
const target = described("`agent_id` of the sub-agent.");

/** `spawn_agent`, `send_input`, `wait_agent` and `close_agent` over one session's pool (core.md §4.2, live.md §3.5). */
export function agentTools(pool: AgentPool, are: "offered" | "hidden"): ToolSource {
  const all: readonly Tool[] = [spawnTool(pool), sendTool(pool), waitTool(pool), closeTool(pool)];
  const tools = are === "offered" ? all : all.map((tool) => ({ ...tool, spec: undefined }));
  return {
    name: "agents",
    tools: () => Promise.resolve(tools),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

function spawnTool(pool: AgentPool): Tool {
  return defineTool({
    name: "spawn_agent",
    description:
      "Starts a sub-agent on a task of its own. It sees the same files and follows the same rules, but nothing of this " +
      "conversation: say all it needs to know, and what it should report. Worth it for work that can be done beside " +
      "yours; do small things yourself. Sub-agents are limited in number and share your budget.",
    parameters: z.object({
      message: described("The whole task."),
      model: z.optional(described("Another model than yours.")),
    }),
    parallel: true,
    run: async (args, call, context) =>
      shown({ tool: "spawn_agent", prompt: args.message, agents: [] }, { call, context }, async (agents) => {
        const agent = await pool.spawn(args, context.turn);
        agents.push(agent);
        return success(JSON.stringify({ agent_id: agent.id, nickname: agent.name }));
      }),
  });
}

function sendTool(pool: AgentPool): Tool {
  return defineTool({
    name: "send_input",
    description: "Tells a sub-agent more. It takes it up when it is done with what it does now.",
    parameters: z.object({
      target,
      message: described("What it should know or do."),
      interrupt: z.optional(z.boolean().check(z.describe("Stop what it does now first."))),
    }),
    parallel: true,
    run: async (args, call, context) => {
      const agent = pool.find(args.target);
      if (agent === undefined) return unknown(args.target);
      return shown({ tool: "send_input", prompt: args.message, agents: [agent] }, { call, context }, () => {
        if (args.interrupt === true) agent.interrupt();
        pool.send(agent, args.message, context.turn);
        return Promise.resolve(success(JSON.stringify({ status: agent.state.status })));
      });
    },
  });
}

function waitTool(pool: AgentPool): Tool {
  return defineTool({
    name: "wait_agent",
    description: "Waits until at least one of the sub-agents is done, and gives the answers of all that are.",
    parameters: z.object({
      targets: z.array(target).check(z.minLength(1)),
      timeout_ms: z.optional(z.int().check(z.gte(0), z.describe(`Default: ${DEFAULT_WAIT_MS}.`))),
    }),
    parallel: true,
    run: async ({ targets, timeout_ms = DEFAULT_WAIT_MS }, call, context) => {
      const agents = targets.flatMap((id) => pool.find(id) ?? []);
      const missing = targets.find((id) => pool.find(id) === undefined);
      if (missing !== undefined) return unknown(missing);
      return shown({ tool: "wait", prompt: null, agents }, { call, context }, async () => {
        const in_time = await pool.wait(agents, Math.min(timeout_ms, LONGEST_WAIT_MS), context.signal);
        const done = agents.filter(({ isIdle }) => isIdle);
        const status = Object.fromEntries(done.map((agent) => [agent.id, statusOf(agent)]));
        return success(JSON.stringify({ status, timed_out: !in_time }));
      });
    },
  });
}

function closeTool(pool: AgentPool): Tool {
  return defineTool({
    name: "close_agent",
    description: "Ends a sub-agent that is not needed any more, with all that it has started.",
    parameters: z.object({ target }),
    parallel: true,
    run: async (args, call, context) => {
      const agent = pool.find(args.target);
      if (agent === undefined) return unknown(args.target);
      return shown({ tool: "close_agent", prompt: null, agents: [agent] }, { call, context }, async () => {
        const previous_status = statusOf(agent);
        await pool.close(agent);
        return success(JSON.stringify({ previous_status }));
      });
    },
  });
}

/** As the model reads it: `{"completed": "…"}`, or the bare name where there is nothing more to say. */
function statusOf({ state: { status, message } }: Agent): unknown {
  return status === "completed" || status === "errored" ? { [status]: message } : status;
}

function unknown(id: string): ToolOutput {
  return failure(`there is no sub-agent ${JSON.stringify(id)}`);
}

type Shown = Pick<CollabToolCall, "tool" | "prompt"> & { readonly agents: readonly Agent[] };
type Called = { readonly call: ToolCall; readonly context: ToolContext };

/** Tells faces of the call before and after it; `work` adds agents that it makes. */
async function shown(
  { tool, prompt, agents }: Shown,
  { call, context }: Called,
  work: (agents: Agent[]) => Promise<ToolOutput>,
): Promise<ToolOutput> {
  const { session, id: turn } = context.turn;
  const known = [...agents];
  const told = (): CollabToolCall => ({
    call_id: call.call_id,
    tool,
    prompt,
    sender_thread_id: session.id,
    receiver_thread_ids: known.map((agent): SessionId => agent.id),
    agents_states: Object.fromEntries(known.map((agent) => [agent.id, agent.state])),
  });
  session.emit({ type: "collab_tool_call_begin", ...told() }, turn);
  let success = false;
  try {
    const output = await work(known);
    success = output.success;
    return output;
  } finally {
    session.emit({ type: "collab_tool_call_end", success, ...told() }, turn);
  }
}
