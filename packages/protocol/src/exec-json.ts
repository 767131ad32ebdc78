import type { Denial } from "./action.js";
import type { CollabToolCall } from "./agents.js";
import type { WebSearchAction } from "./items.js";
import type { TokenUsage } from "./usage.js";

/** One line of `codex exec --json` (core.md §6.5; live.md §2). Absent optional values are `null`, but for `denial`. */
export type ThreadEvent =
  | { readonly type: "thread.started"; readonly thread_id: string }
  | { readonly type: "turn.started" }
  | { readonly type: "turn.completed"; readonly usage: ThreadUsage }
  | { readonly type: "turn.failed"; readonly error: { readonly message: string } }
  | { readonly type: "item.started" | "item.updated" | "item.completed"; readonly item: ThreadItem }
  | { readonly type: "error"; readonly message: string };

/** Cumulative over the thread. */
export type ThreadUsage = Omit<TokenUsage, "total_tokens">;

export type ThreadItem = { readonly id: string } & (
  | { readonly type: "agent_message"; readonly text: string }
  | { readonly type: "reasoning"; readonly text: string }
  | {
      readonly type: "command_execution";
      readonly command: string;
      readonly aggregated_output: string;
      readonly exit_code: number | null;
      readonly status: "in_progress" | "completed" | "failed" | "declined";
      /** Not in the real one's lines. Only there when the sandbox refused something. */
      readonly denial?: Denial;
    }
  | {
      readonly type: "file_change";
      readonly changes: readonly { readonly path: string; readonly kind: "add" | "delete" | "update" }[];
      readonly status: "in_progress" | "completed" | "failed";
      readonly denial?: Denial;
    }
  /** Each agent's `usage` and `cost_usd` are not in the real one's lines. */
  | ({
      readonly type: "collab_tool_call";
      readonly status: "in_progress" | "completed" | "failed";
    } & Omit<CollabToolCall, "call_id">)
  /** The real one's lines hold a second `id`, the server's. */
  | { readonly type: "web_search"; readonly query: string; readonly action: WebSearchAction }
  | { readonly type: "todo_list"; readonly items: readonly { readonly text: string; readonly completed: boolean }[] }
  | { readonly type: "error"; readonly message: string }
);
