import { isSilent, type Shown } from "./silent.js";
import { NO_USAGE } from "@codex/protocol";
import type {
  Denial,
  EventMsg,
  PlanStep,
  SessionId,
  ThreadItem,
  ThreadUsage,
  TokenUsage,
  TurnItem,
} from "@codex/protocol";
import { sortedChanges } from "./changes.js";
import { shellJoin } from "./quote.js";
import { jsonLine } from "./thread-line.js";
import type { TurnEnd, View } from "./view.js";

type CommandEnd = Extract<EventMsg, { type: "exec_command_end" }>;
type Command = Extract<EventMsg, { type: "exec_command_begin" }> | CommandEnd;
type Patch = Extract<EventMsg, { type: "patch_apply_begin" | "patch_apply_end" }>;
type AgentCall = Extract<EventMsg, { type: "collab_tool_call_begin" | "collab_tool_call_end" }>;
/** An item before it has its number. */
type Body<T = ThreadItem> = T extends unknown ? Omit<T, "id"> : never;

/** `codex exec --json`: one ThreadEvent a line (core.md §6.5, live.md §2). */
export class JsonView implements View {
  /** Key of a thing in the session → `item_N`; N counts over the run, in order of first appearance. */
  readonly #ids = new Map<string, string>();
  #count = 0;
  #usage: TokenUsage = NO_USAGE;
  #plan: readonly PlanStep[] | undefined;
  readonly #told: SessionId | undefined;

  /** `told`: the thread whose first line is written already. */
  constructor(told?: SessionId) {
    this.#told = told;
  }

  show(message: EventMsg): string {
    return isSilent(message) ? "" : this.#show(message);
  }

  #show(message: Shown): string {
    switch (message.type) {
      case "session_configured":
        if (message.session_id === this.#told) return "";
        return jsonLine({ type: "thread.started", thread_id: message.session_id });
      case "task_started":
        return jsonLine({ type: "turn.started" });
      case "warning":
        return this.#error(message.message);
      case "deprecation_notice":
        return this.#error(withDetails(message.summary, message.details));
      case "model_reroute":
        return this.#error(`model rerouted: ${message.from_model} -> ${message.to_model} (${message.reason})`);
      case "error":
        return jsonLine({ type: "error", message: message.message });
      case "stream_error":
        return jsonLine({ type: "error", message: withDetails(message.message, message.additional_details) });
      case "item_started":
        return message.item.type === "WebSearch" ? this.#start(message.item.id, webSearch(message.item)) : "";
      case "item_completed":
        return this.#done(message.item);
      case "exec_command_begin":
        return this.#start(message.call_id, command(message));
      case "exec_command_end":
        return this.#end(message.call_id, command(message));
      case "patch_apply_begin":
        return this.#start(message.call_id, fileChange(message));
      case "patch_apply_end":
        return this.#end(message.call_id, fileChange(message));
      case "collab_tool_call_begin":
        return this.#start(message.call_id, agentCall(message));
      case "collab_tool_call_end":
        return this.#end(message.call_id, agentCall(message));
      case "plan_update":
        return this.#todo(message.plan);
      case "token_count":
        this.#usage = message.info?.total_token_usage ?? this.#usage;
        return "";
      case "context_compacted":
        return "";
      default:
        return ignored(message satisfies never);
    }
  }

  notice(text: string): string {
    return this.#error(text);
  }

  /** An interrupted turn says nothing more (live.md §1.6). */
  endTurn(end: TurnEnd): string {
    if (end.type === "interrupted") return "";
    const plan = this.#plan === undefined ? "" : this.#end("plan", todoList(this.#plan));
    if (end.type === "failed") return plan + jsonLine({ type: "turn.failed", error: { message: end.message } });
    return plan + jsonLine({ type: "turn.completed", usage: threadUsage(this.#usage) });
  }

  close(): string {
    return "";
  }

  #done(item: TurnItem): string {
    return item.type === "WebSearch" ? this.#end(item.id, webSearch(item)) : this.#spoken(item);
  }

  #spoken(item: TurnItem): string {
    if (item.type === "AgentMessage") {
      return this.#once({ type: "agent_message", text: item.content.map((part) => part.text).join("") });
    }
    if (item.type !== "Reasoning") return "";
    const text = item.summary_text.join("\n");
    return text.trim() === "" ? "" : this.#once({ type: "reasoning", text });
  }

  #todo(plan: readonly PlanStep[]): string {
    const first = this.#plan === undefined;
    this.#plan = plan;
    return jsonLine({
      type: first ? "item.started" : "item.updated",
      item: { id: this.#id("plan"), ...todoList(plan) },
    });
  }

  #error(message: string): string {
    return this.#once({ type: "error", message });
  }

  #start(key: string, body: Body): string {
    return jsonLine({ type: "item.started", item: { id: this.#id(key), ...body } });
  }

  #end(key: string, body: Body): string {
    const item = { id: this.#id(key), ...body };
    this.#ids.delete(key);
    return jsonLine({ type: "item.completed", item });
  }

  /** An item that is only ever completed. */
  #once(body: Body): string {
    return jsonLine({ type: "item.completed", item: { id: this.#nextId(), ...body } });
  }

  #id(key: string): string {
    const id = this.#ids.get(key) ?? this.#nextId();
    this.#ids.set(key, id);
    return id;
  }

  #nextId(): string {
    const id = `item_${this.#count}`;
    this.#count += 1;
    return id;
  }
}

function webSearch({ query, action }: Extract<TurnItem, { type: "WebSearch" }>): Body {
  return { type: "web_search", query, action };
}

/** A newer engine may say more than this face knows. */
function ignored(_message: never): string {
  return "";
}

function withDetails(message: string, details: string | undefined): string {
  return details === undefined || details === "" ? message : `${message} (${details})`;
}

function command(message: Command): Body {
  const ended = message.type === "exec_command_end" ? message : undefined;
  return {
    type: "command_execution",
    command: shellJoin(message.command),
    aggregated_output: ended?.aggregated_output ?? "",
    exit_code: ended?.exit_code ?? null,
    status: ended?.status ?? "in_progress",
    ...denialOf(ended?.denial),
  };
}

/** The wire knows no declined file change: it is a failed one. A move is an update of the old path. */
function fileChange(message: Patch): Body {
  const changes = sortedChanges(message.changes).map(([path, change]) => ({ path, kind: change.type }));
  if (message.type === "patch_apply_begin") return { type: "file_change", changes, status: "in_progress" };
  const status = message.status === "completed" ? "completed" : "failed";
  return { type: "file_change", changes, status, ...denialOf(message.denial) };
}

function agentCall(message: AgentCall): Body {
  const { tool, sender_thread_id, receiver_thread_ids, prompt, agents_states } = message;
  const status = message.type === "collab_tool_call_end" ? endOf(message) : "in_progress";
  return { type: "collab_tool_call", tool, sender_thread_id, receiver_thread_ids, prompt, agents_states, status };
}

function endOf({ success }: { readonly success: boolean }): "completed" | "failed" {
  return success ? "completed" : "failed";
}

function denialOf(denial: Denial | undefined): { readonly denial?: Denial } {
  return denial === undefined ? {} : { denial };
}

function todoList(plan: readonly PlanStep[]): Body {
  const items = plan.map(({ step, status }) => ({ text: step, completed: status === "completed" }));
  return { type: "todo_list", items };
}

function threadUsage(usage: TokenUsage): ThreadUsage {
  const { input_tokens, cached_input_tokens, cache_write_input_tokens, output_tokens, reasoning_output_tokens } = usage;
  return { input_tokens, cached_input_tokens, cache_write_input_tokens, output_tokens, reasoning_output_tokens };
}
