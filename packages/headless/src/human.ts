import { isSilent, type Shown } from "./silent.js";
import { countedTokens, describeDenial } from "@codex/protocol";
import type {
  AgentState,
  CollabToolCall,
  Denial,
  EventMsg,
  PlanStep,
  SessionConfigured,
  TurnItem,
  WireDuration,
} from "@codex/protocol";
import { diffOf, sortedChanges, type Changes } from "./changes.js";
import { headerRows } from "./header.js";
import type { Paint, Style } from "./paint.js";
import { shellJoin } from "./quote.js";
import type { TurnEnd, View } from "./view.js";

type CommandEnd = Extract<EventMsg, { type: "exec_command_end" }>;
type Command = Extract<EventMsg, { type: "exec_command_begin" }> | CommandEnd;
type AgentCallEnd = Extract<EventMsg, { type: "collab_tool_call_end" }>;
type PatchEnd = Extract<EventMsg, { type: "patch_apply_end" }>;

const RULE = "--------";
const MARKS = { completed: "✓", in_progress: "→", pending: "•" } as const satisfies Record<PlanStep["status"], string>;

const AGENT_TOOLS = {
  spawn_agent: "SpawnAgent",
  send_input: "SendInput",
  wait: "Wait",
  close_agent: "CloseAgent",
} as const satisfies Record<CollabToolCall["tool"], string>;

export type HumanOptions = { readonly paint: Paint; readonly prompt: string; readonly version: string };

/** What a person sees on stderr (core.md §6.4, live.md §1.1). Every text passes through `paint`, which sanitises it. */
export class HumanView implements View {
  readonly #options: HumanOptions;
  readonly #paint: Paint;
  /** Call ids of commands and patches whose start was shown. */
  readonly #started = new Set<string>();
  #tokens = 0;
  #lastError: string | undefined;

  constructor(options: HumanOptions) {
    this.#options = options;
    this.#paint = options.paint;
  }

  show(message: EventMsg): string {
    return isSilent(message) ? "" : this.#show(message);
  }

  #show(message: Shown): string {
    switch (message.type) {
      case "session_configured":
        return this.#header(message);
      case "warning":
        return this.#line(["warned", "warning: "], ["plain", message.message]);
      case "deprecation_notice":
        return this.#line(["warned", "deprecated: "], ["plain", withDetails(message.summary, message.details)]);
      case "model_reroute":
        return this.#line(["warned", `model rerouted: ${message.from_model} -> ${message.to_model}`]);
      case "error":
        return this.#error(message.message);
      case "stream_error":
        return this.#line(["failed", "ERROR: "], ["plain", message.message]);
      case "item_started":
        return this.#searched(message.item);
      case "item_completed":
        return this.#searched(message.item) + this.#spoken(message.item);
      case "exec_command_begin":
        return this.#commandStart(message);
      case "exec_command_end":
        return this.#commandEnd(message);
      case "patch_apply_begin":
        return this.#patchStart(message.call_id);
      case "patch_apply_end":
        return this.#patchEnd(message);
      case "collab_tool_call_begin":
        return this.#line(["actor", `collab: ${AGENT_TOOLS[message.tool]}`]);
      case "collab_tool_call_end":
        return this.#agents(message);
      case "plan_update":
        return this.#plan(message.explanation, message.plan);
      case "token_count":
        this.#count(message);
        return "";
      case "context_compacted":
        return this.#line(["dim", "context compacted"]);
      case "task_started":
        return "";
      default:
        return ignored(message satisfies never);
    }
  }

  notice(text: string): string {
    return this.#line(["warned", "warning: "], ["plain", text]);
  }

  endTurn(end: TurnEnd): string {
    if (end.type === "completed") return "";
    if (end.type === "interrupted") return this.#line(["failed", "turn interrupted"]);
    return end.message === this.#lastError ? "" : this.#error(end.message);
  }

  close(): string {
    if (this.#tokens === 0) return "";
    return this.#line(["dim", "tokens used"]) + this.#line(["plain", this.#tokens.toLocaleString("en-US")]);
  }

  #header(session: SessionConfigured): string {
    const rows = headerRows(session).map(([key, value]) => this.#line(["bold", `${key}:`], ["plain", ` ${value}`]));
    return [
      this.#line(["bold", `Codex (TypeScript) v${this.#options.version}`]),
      `${RULE}\n`,
      ...rows,
      `${RULE}\n`,
      this.#line(["you", "user"]),
      this.#block("plain", this.#options.prompt),
    ].join("");
  }

  #searched(item: TurnItem): string {
    return item.type === "WebSearch" ? this.#line(["actor", "web search: "], ["plain", item.query]) : "";
  }

  #spoken(item: TurnItem): string {
    if (item.type === "AgentMessage") {
      const text = item.content.map((part) => part.text).join("");
      return this.#line(["actor", "codex"]) + this.#block("plain", text);
    }
    if (item.type !== "Reasoning") return "";
    return this.#block("dim", item.summary_text.join("\n"));
  }

  #commandStart(message: Command): string {
    this.#started.add(message.call_id);
    const place = ` in ${message.cwd}`;
    return this.#line(["actor", "exec"]) + this.#line(["bold", shellJoin(message.command)], ["plain", place]);
  }

  #commandEnd(message: CommandEnd): string {
    const start = this.#started.delete(message.call_id) ? "" : this.#commandStart(message);
    const took = `in ${milliseconds(message.duration)}ms:`;
    const verdict = this.#line(...commandVerdict(message, took));
    return `${start}${verdict}${this.#block("dim", message.aggregated_output)}${this.#denied(message.denial)}\n`;
  }

  #denied(denial: Denial | undefined): string {
    return denial === undefined ? "" : this.#line(["warned", "sandbox: "], ["plain", describeDenial(denial)]);
  }

  #patchStart(id: string): string {
    this.#started.add(id);
    return this.#line(["actor", "apply patch"]);
  }

  #patchEnd(message: PatchEnd): string {
    const start = this.#started.delete(message.call_id) ? "" : this.#patchStart(message.call_id);
    const done = message.status === "completed";
    const verdict = this.#line([done ? "done" : "failed", `patch: ${message.status}`]);
    const paths = sortedChanges(message.changes).map(([path]) => this.#line(["plain", path]));
    const rest = done ? this.#diffs(message.changes) : this.#block("plain", message.stderr);
    return `${start}${verdict}${paths.join("")}${rest}\n`;
  }

  #diffs(changes: Changes): string {
    const diffs = sortedChanges(changes).map(([path, change]) => diffOf(path, change));
    const lines = diffs.flatMap((diff) => diff.split("\n").slice(0, -1));
    return lines.map((line) => this.#line([diffStyle(line), line])).join("");
  }

  /** Where each sub-agent stands that was waited for or ended, and what it has used so far. */
  #agents({ tool, success, agents_states }: AgentCallEnd): string {
    if (!success) return this.#line(["failed", `collab: ${AGENT_TOOLS[tool]} failed`]);
    if (tool !== "wait" && tool !== "close_agent") return "";
    const rows = Object.entries(agents_states).map(([id, state]) => `  ${id} ${describeAgent(state)}`);
    return rows.map((row) => this.#line(["dim", row])).join("");
  }

  #plan(explanation: string | undefined, plan: readonly PlanStep[]): string {
    const steps = plan.map(({ step, status }) => this.#line(["plain", `  ${MARKS[status]} ${step}`]));
    return this.#line(["actor", "plan"]) + this.#block("plain", explanation ?? "") + steps.join("");
  }

  #error(text: string): string {
    this.#lastError = text;
    return this.#line(["failed", "ERROR: "], ["plain", text]);
  }

  #count(message: Extract<EventMsg, { type: "token_count" }>): void {
    const total = message.info?.total_token_usage;
    if (total !== undefined) this.#tokens = countedTokens(total);
  }

  /** One line of several styles. */
  #line(...parts: readonly (readonly [Style, string])[]): string {
    return `${parts.map(([style, text]) => this.#paint(style, text)).join("")}\n`;
  }

  /** Text of any number of lines, ended by one newline; blank text is left out. */
  #block(style: Style, text: string): string {
    return text.trim() === "" ? "" : `${this.#paint(style, text.replace(/\n+$/, ""))}\n`;
  }
}

/** A newer engine may say more than this face knows. */
function ignored(_message: never): string {
  return "";
}

function commandVerdict(message: CommandEnd, took: string): readonly (readonly [Style, string])[] {
  switch (message.status) {
    case "completed":
      return [["done", ` succeeded ${took}`]];
    case "failed":
      return [["failed", ` exited ${message.exit_code} ${took}`]];
    case "declined":
      return [["failed", ` declined ${took}`]];
    default:
      return message.status satisfies never;
  }
}

function describeAgent({ status, usage, cost_usd }: AgentState): string {
  const cost = cost_usd === null ? "price unknown" : `$${cost_usd.toFixed(4)}`;
  return `${status}: ${countedTokens(usage).toLocaleString("en-US")} tokens, ${cost}`;
}

function diffStyle(line: string): Style {
  if (line.startsWith("+++ ") || line.startsWith("--- ")) return "bold";
  if (line.startsWith("@@")) return "hunk";
  if (line.startsWith("+")) return "added";
  return line.startsWith("-") ? "removed" : "plain";
}

function withDetails(summary: string, details: string | undefined): string {
  return details === undefined || details === "" ? summary : `${summary} (${details})`;
}

function milliseconds(duration: WireDuration): number {
  return Math.round(duration.secs * 1000 + duration.nanos / 1e6);
}
