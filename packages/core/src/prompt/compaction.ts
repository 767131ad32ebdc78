import type { MessageItem, PlanStep, ResponseItem } from "@codex/protocol";
import { docsDirectory, isUserTurn, messageText } from "./fragments.js";
import type { Ledger } from "./ledger.js";
import { historyTokens } from "./tokens.js";
import { truncateMiddle } from "./truncate.js";

/** Tokens that user messages may take after a compaction (core.md §5.1). */
export const USER_TOKENS = 20_000;

/** Asks for the summary. Ours; `compact_prompt` replaces it. */
export const COMPACT_PROMPT = `The conversation above is about to be replaced by a summary that you write now. Whoever continues it will see only your summary, the user's own messages, the standing instructions, the plan and the list of changed files.

Write down, briefly and in this order:
- what the user wants, with every condition and preference they stated
- what has been done so far, and what was decided and why
- what was found out that would be costly to find out again: paths with line numbers, names, commands that work, error messages, numbers
- what failed, so that nobody tries it again
- what is left, the next step first

State only what the conversation shows. Call no tool.`;

const PREFIX =
  "The earlier part of this conversation was left out to make room. This is its summary, written by the model that " +
  "worked on it; what it reports as done is done.";

export type CompactionInput = {
  /** The history that is replaced. */
  readonly items: readonly ResponseItem[];
  /** What opens a conversation, as it would be said now. */
  readonly context: readonly MessageItem[];
  /** What the model wrote; may be empty or nonsense. */
  readonly summary: string;
  readonly ledger: Ledger;
  /** Tokens that user messages may take. */
  readonly user_tokens: number;
  /** Where the whole conversation can be read; absent for a session that leaves no file. */
  readonly record: string | undefined;
};

export type Compacted = { readonly message: string; readonly history: readonly ResponseItem[] };

/**
 * The history that takes the place of another. Whatever the summary is worth, these are in it verbatim: what opens a
 * conversation with AGENTS.md, the AGENTS.md files met on the way, the last user request, the plan, the files changed.
 */
export function compactedHistory(input: CompactionInput): Compacted {
  const docs = input.items.filter(isNestedDocs(input.context));
  const message = summaryText(input);
  const summary: MessageItem = { type: "message", role: "user", content: [{ type: "input_text", text: message }] };
  return { message, history: [...input.context, ...docs, ...keptUserMessages(input), summary] };
}

/** From the newest back until the budget is used up; the newest is kept whole, the one that crosses it is cut. */
function keptUserMessages({ items, user_tokens }: CompactionInput): readonly MessageItem[] {
  const kept: MessageItem[] = [];
  let left = user_tokens;
  for (const message of items.filter(isUserTurn).reverse()) {
    const tokens = historyTokens([message]);
    if (kept.length > 0 && left <= 0) break;
    kept.unshift(kept.length === 0 || tokens <= left ? message : cutMessage(message, left));
    left -= tokens;
  }
  return kept;
}

function cutMessage(message: MessageItem, tokens: number): MessageItem {
  const text = truncateMiddle(messageText(message), { mode: "tokens", limit: tokens });
  return { ...message, content: [{ type: "input_text", text }] };
}

function isNestedDocs(context: readonly MessageItem[]) {
  const said = new Set(context.flatMap(docsOf));
  return (item: ResponseItem): boolean =>
    item.type === "message" && docsOf(item).some((directory) => !said.has(directory)) && item.content.length === 1;
}

function docsOf(item: MessageItem): readonly string[] {
  return item.content.flatMap((part) => (part.type === "input_text" ? (docsDirectory(part.text) ?? []) : []));
}

function summaryText({ summary, ledger, items, record }: CompactionInput): string {
  const sections = [
    PREFIX,
    summary.trim() === "" ? "(no summary available)" : summary.trim(),
    planText(ledger.plan),
    ledger.files.length === 0 ? "" : `Files changed so far:\n${ledger.files.map((file) => `- ${file}`).join("\n")}`,
    droppedText(items, record),
  ];
  return `<context_summary>\n${sections.filter((section) => section !== "").join("\n\n")}\n</context_summary>`;
}

const MARKS = { completed: "[x]", in_progress: "[>]", pending: "[ ]" } as const satisfies Record<
  PlanStep["status"],
  string
>;

function planText(plan: readonly PlanStep[]): string {
  if (plan.length === 0) return "";
  return `The plan as it stands:\n${plan.map(({ step, status }) => `${MARKS[status]} ${step}`).join("\n")}`;
}

function droppedText(items: readonly ResponseItem[], record: string | undefined): string {
  const calls = items.filter((item) => item.type === "function_call" || item.type === "custom_tool_call").length;
  const answers = items.filter((item) => item.type === "message" && item.role === "assistant").length;
  const where = record === undefined ? "" : ` The whole conversation stands in ${record}, one JSON record a line.`;
  return `Left out: ${answers} answers and ${calls} tool calls with their outputs.${where}`;
}
