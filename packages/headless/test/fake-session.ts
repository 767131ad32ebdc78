import { Queue } from "@codex/common";
import { sessionId, submissionId, turnId, callId } from "@codex/protocol";
import type {
  AgentState,
  CollabToolCall,
  Denial,
  Event,
  EventMsg,
  Op,
  SessionHandle,
  SubmissionId,
  WebSearchAction,
} from "@codex/protocol";

export const THREAD = sessionId("0198c0de-0000-7000-8000-000000000001");
export const TURN = turnId("1");
export const USAGE = {
  input_tokens: 1500,
  cached_input_tokens: 500,
  cache_write_input_tokens: 10,
  output_tokens: 250,
  reasoning_output_tokens: 30,
  total_tokens: 1750,
};

/** A session that says what a test scripts, and keeps what is submitted. */
export class FakeSession implements SessionHandle {
  readonly id = THREAD;
  readonly ops: Op[] = [];
  readonly events = new Queue<Event>();
  readonly #answers: (op: Op) => readonly EventMsg[];

  /** `answers` gives the events that follow a submission. */
  constructor(answers: (op: Op) => readonly EventMsg[]) {
    this.#answers = answers;
    this.events.push({ id: "", msg: configured() });
  }

  submit(op: Op): SubmissionId {
    this.ops.push(op);
    for (const message of this.#answers(op)) this.say(message);
    return submissionId("1");
  }

  say(message: EventMsg): void {
    this.events.push({ id: "1", msg: message });
    if (message.type === "shutdown_complete") this.events.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.events.close();
  }
}

/** A session whose turn says `messages` and then ends as told; it shuts down when asked to. */
export function scripted(messages: readonly EventMsg[], end: EventMsg = complete(null)): FakeSession {
  return new FakeSession((op) => {
    if (op.type === "user_input") return [started(), ...messages, end];
    return op.type === "shutdown" ? [{ type: "shutdown_complete" }] : [];
  });
}

/** A search of the model's server, begun or done. */
export function searches(type: "item_started" | "item_completed", query: string, action: WebSearchAction): EventMsg {
  return { type, thread_id: THREAD, turn_id: TURN, item: { type: "WebSearch", id: "ws_1", query, action } };
}

export function configured(): EventMsg {
  return {
    type: "session_configured",
    session_id: THREAD,
    model: "gpt-test",
    model_provider_id: "mock",
    approval_policy: "never",
    sandbox_policy: {
      type: "workspace-write",
      writable_roots: ["/extra"],
      network_access: true,
      exclude_tmpdir_env_var: false,
      exclude_slash_tmp: false,
    },
    cwd: "/repo",
    reasoning_effort: "low",
  };
}

export function started(): EventMsg {
  return { type: "task_started", turn_id: TURN, model_context_window: null };
}

export function complete(last: string | null): EventMsg {
  return { type: "task_complete", turn_id: TURN, last_agent_message: last };
}

export function failure(message: string): EventMsg {
  return { type: "task_complete", turn_id: TURN, last_agent_message: null, error: { message } };
}

export function says(text: string, id = "m1"): EventMsg {
  const item = { type: "AgentMessage", id, content: [{ type: "Text", text }] } as const;
  return { type: "item_completed", thread_id: THREAD, turn_id: TURN, item };
}

export function thinks(parts: readonly string[]): EventMsg {
  const item = { type: "Reasoning", id: "r1", summary_text: parts, raw_content: ["secret thought"] } as const;
  return { type: "item_completed", thread_id: THREAD, turn_id: TURN, item };
}

export function plans(done: number, explanation?: string): EventMsg {
  const step = (index: number) => (index < done ? "completed" : index === done ? "in_progress" : "pending");
  const plan = ["look", "fix", "check"].map((text, index) => ({ step: text, status: step(index) }) as const);
  return explanation === undefined ? { type: "plan_update", plan } : { type: "plan_update", plan, explanation };
}

export const AGENT = sessionId("0198c0de-0000-7000-8000-000000000002");

function agentCall(tool: CollabToolCall["tool"], states: CollabToolCall["agents_states"]) {
  const prompt = tool === "spawn_agent" || tool === "send_input" ? "look around" : null;
  const receiver_thread_ids = Object.keys(states).length === 0 ? [] : [AGENT];
  return {
    call_id: callId(tool),
    tool,
    sender_thread_id: THREAD,
    receiver_thread_ids,
    prompt,
    agents_states: states,
  } as const;
}

export function agentBegins(tool: CollabToolCall["tool"], state?: AgentState): EventMsg {
  return { type: "collab_tool_call_begin", ...agentCall(tool, state === undefined ? {} : { [AGENT]: state }) };
}

/** Without a state: it failed. */
export function agentEnds(tool: CollabToolCall["tool"], state?: AgentState): EventMsg {
  const call = agentCall(tool, state === undefined ? {} : { [AGENT]: state });
  return { type: "collab_tool_call_end", success: state !== undefined, ...call };
}

export function uses(): EventMsg {
  const info = { total_token_usage: USAGE, last_token_usage: USAGE, model_context_window: null };
  return { type: "token_count", info, rate_limits: null };
}

function scope(id: string, command: readonly string[]) {
  return {
    call_id: callId(id),
    turn_id: TURN,
    command,
    cwd: "/repo",
    parsed_cmd: [],
    source: "agent",
  } as const;
}

export function begins(id: string, command: readonly string[]): EventMsg {
  return { type: "exec_command_begin", ...scope(id, command) };
}

type Ended = {
  readonly output?: string;
  readonly exit_code?: number;
  readonly status?: "completed" | "failed" | "declined";
  readonly denial?: Denial;
};

export function ends(id: string, command: readonly string[], ended: Ended = {}): EventMsg {
  const output = ended.output ?? "";
  return {
    type: "exec_command_end",
    ...scope(id, command),
    stdout: output,
    stderr: "",
    aggregated_output: output,
    formatted_output: output,
    exit_code: ended.exit_code ?? 0,
    duration: { secs: 1, nanos: 204_400_000 },
    status: ended.status ?? "completed",
    ...(ended.denial === undefined ? {} : { denial: ended.denial }),
  };
}

export const CHANGES = {
  "/repo/b.txt": { type: "add", content: "one\ntwo\n" },
  "/repo/a.txt": { type: "update", unified_diff: "@@ -1 +1 @@\n-old\n+new\n", move_path: null },
} as const;

export function patchBegins(id: string): EventMsg {
  return { type: "patch_apply_begin", call_id: callId(id), turn_id: TURN, auto_approved: true, changes: CHANGES };
}

type PatchStatus = "completed" | "failed" | "declined";

export function patchEnds(id: string, status: PatchStatus, stderr = "", denial?: Denial): EventMsg {
  return {
    type: "patch_apply_end",
    call_id: callId(id),
    turn_id: TURN,
    stdout: "",
    stderr,
    success: status === "completed",
    changes: CHANGES,
    status,
    ...(denial === undefined ? {} : { denial }),
  };
}

export const DENIAL = {
  layer: "filesystem",
  target: "/etc/x",
  rule: { layer: "filesystem", text: "the sandbox (read-only) lets nothing be written" },
  allow_with: "-s workspace-write --add-dir /etc",
  certain: false,
} as const;
