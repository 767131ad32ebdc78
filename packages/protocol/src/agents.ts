import type { TokenUsage } from "./usage.js";
import type { CallId, SessionId } from "./ids.js";

/** Where a sub-agent stands. `pending_init`: it waits for a free place. */
export type AgentStatus = "pending_init" | "running" | "completed" | "interrupted" | "errored" | "shutdown";

export type AgentState = {
  readonly status: AgentStatus;
  /** Its last answer, or what went wrong. */
  readonly message: string | null;
  /** Of itself and the sub-agents below it. */
  readonly usage: TokenUsage;
  /** US dollars; `null`: a price is not known. */
  readonly cost_usd: number | null;
};

/** A call of one of the sub-agent tools (core.md §6.5 `collab_tool_call`). */
export type CollabToolCall = {
  readonly call_id: CallId;
  readonly tool: "spawn_agent" | "send_input" | "wait" | "close_agent";
  readonly sender_thread_id: SessionId;
  readonly receiver_thread_ids: readonly SessionId[];
  readonly prompt: string | null;
  readonly agents_states: Readonly<Record<string, AgentState>>;
};
