import type { ContentPart, OutputPayload, ResponseItem, TruncationPolicy } from "@codex/protocol";
import { truncateMiddle } from "./truncate.js";

/** What is recorded may be a little larger than what tools may say (core.md §3.4). */
const RECORDING_SLACK = 1.2;

/**
 * The conversation as the model sees it: append-only, so that the prompt's prefix never changes and stays cached.
 * Owned by the session, and by one turn at a time while it runs.
 */
export class History {
  readonly #items: ResponseItem[] = [];

  get items(): readonly ResponseItem[] {
    return this.#items;
  }

  /** Adds an item; tool outputs beyond the model's policy are cut. Returns what was added. */
  append(item: ResponseItem, policy: TruncationPolicy): ResponseItem {
    const kept = boundOutput(item, policy);
    this.#items.push(kept);
    return kept;
  }

  /** A copy in which every call has an output and every output a call (core.md §3.5). */
  forPrompt(): readonly ResponseItem[] {
    return normalize(this.#items);
  }
}

/** Each open call gets the output `aborted` right behind it; outputs without a call are left out. */
export function normalize(items: readonly ResponseItem[]): readonly ResponseItem[] {
  const answered = new Set(items.map(answeredCall).filter((id) => id !== undefined));
  const called = new Set<string>();
  const out: ResponseItem[] = [];
  for (const item of items) {
    const answer = answeredCall(item);
    if (answer !== undefined && !called.has(answer)) continue;
    out.push(item);
    const open = openedCall(item);
    if (open === undefined) continue;
    called.add(open.key);
    if (!answered.has(open.key)) out.push(open.aborted);
  }
  return out;
}

function openedCall(item: ResponseItem): { key: string; aborted: ResponseItem } | undefined {
  if (item.type === "function_call" || (item.type === "local_shell_call" && item.call_id !== null)) {
    const call_id = item.call_id ?? "";
    return { key: `function:${call_id}`, aborted: { type: "function_call_output", call_id, output: "aborted" } };
  }
  if (item.type === "custom_tool_call") {
    const aborted = { type: "custom_tool_call_output", call_id: item.call_id, output: "aborted" } as const;
    return { key: `custom:${item.call_id}`, aborted };
  }
  return undefined;
}

function answeredCall(item: ResponseItem): string | undefined {
  if (item.type === "function_call_output") return `function:${item.call_id}`;
  if (item.type === "custom_tool_call_output") return `custom:${item.call_id}`;
  return undefined;
}

function boundOutput(item: ResponseItem, policy: TruncationPolicy): ResponseItem {
  if (item.type !== "function_call_output" && item.type !== "custom_tool_call_output") return item;
  return { ...item, output: boundPayload(item.output, policy) };
}

function boundPayload(output: OutputPayload, policy: TruncationPolicy): OutputPayload {
  const wide = { mode: policy.mode, limit: Math.ceil(policy.limit * RECORDING_SLACK) };
  if (typeof output === "string") return truncateMiddle(output, wide);
  return output.map((part): ContentPart =>
    part.type === "input_text" ? { ...part, text: truncateMiddle(part.text, wide) } : part,
  );
}
