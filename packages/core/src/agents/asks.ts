import type { EventMsg, Op } from "@codex/protocol";
import { callId } from "@codex/protocol";
import type { AgentParts } from "./agent.js";

type Asking = Pick<AgentParts, "handle" | "name" | "scope" | "turn">;

/**
 * Puts a sub-agent's question to the person of the session above, under a key of its own, and hands the answer down.
 * Never rejects: a question that nobody answers ends with the turn that asked.
 */
export async function forwardAsk(message: EventMsg, agent: Asking, signal: AbortSignal): Promise<void> {
  try {
    const op = await answerTo(message, agent, signal);
    if (op !== undefined) agent.handle.submit(op);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function answerTo(message: EventMsg, agent: Asking, signal: AbortSignal): Promise<Op | undefined> {
  const { handle, scope, turn: turn_id } = agent;
  if (message.type === "exec_approval_request") {
    const { type: _type, ...question } = message;
    const id = question.approval_id ?? question.call_id;
    const asked = { ...question, turn_id, approval_id: `${handle.id}/${id}`, reason: reasonOf(question, agent) };
    return { type: "exec_approval", id, decision: await scope.ask("exec_approval", asked, signal) };
  }
  if (message.type === "apply_patch_approval_request") {
    const { type: _type, ...question } = message;
    const { call_id: id } = question;
    const asked = { ...question, turn_id, call_id: callId(`${handle.id}/${id}`), reason: reasonOf(question, agent) };
    return { type: "patch_approval", id, decision: await scope.ask("patch_approval", asked, signal) };
  }
  if (message.type !== "request_user_input") return undefined;
  const { type: _type, ...question } = message;
  return { type: "user_input_answer", id: message.turn_id, response: await scope.ask("user_input", question, signal) };
}

function reasonOf({ reason }: { readonly reason?: string }, { name }: Asking): string {
  return reason === undefined ? `for the sub-agent ${name}` : `for the sub-agent ${name}: ${reason}`;
}
