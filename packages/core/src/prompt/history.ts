import type { ContentPart, OutputPayload, ResponseItem, TruncationPolicy } from "@codex/protocol";
import { truncateMiddle } from "./truncate.js";

/** What is recorded may be a little larger than what tools may say (core.md §3.4). */
const RECORDING_SLACK = 1.2;

/**
 * The conversation as the model sees it: append-only, so that the prompt's prefix never changes and stays cached.
 * Owned by the session, and by one turn at a time while it runs.
 */
export class History {
  #items: ResponseItem[];

  constructor(items: readonly ResponseItem[] = []) {
    this.#items = [...items];
  }

  get items(): readonly ResponseItem[] {
    return this.#items;
  }

  /** Adds an item; tool outputs beyond the model's policy are cut. Returns what was added. */
  append(item: ResponseItem, policy: TruncationPolicy): ResponseItem {
    const kept = boundOutput(item, policy);
    this.#items.push(kept);
    return kept;
  }

  /** Another conversation from here on: a summary, or fewer turns. */
  replace(items: readonly ResponseItem[]): void {
    this.#items = [...items];
  }

  /** Answers to the calls that never got one: this program ended while they ran. */
  lostOutputs(): readonly ResponseItem[] {
    const answered = answeredCalls(this.#items);
    return this.#items.flatMap((item) => {
      const open = openedCall(item, LOST);
      return open === undefined || answered.has(open.key) ? [] : [open.answer];
    });
  }

  /** A copy in which every call has an output and every output a call (core.md §3.5). */
  forPrompt(): readonly ResponseItem[] {
    return normalize(this.#items);
  }
}

/** Each open call gets the output `aborted` right behind it; outputs without a call are left out. */
export function normalize(items: readonly ResponseItem[]): readonly ResponseItem[] {
  const answered = answeredCalls(items);
  const called = new Set<string>();
  const out: ResponseItem[] = [];
  for (const item of items) {
    const answer = answeredCall(item);
    if (answer !== undefined && !called.has(answer)) continue;
    out.push(item);
    const open = openedCall(item, "aborted");
    if (open === undefined) continue;
    called.add(open.key);
    if (!answered.has(open.key)) out.push(open.answer);
  }
  return out;
}

/** Said of a call whose end nobody saw. */
const LOST =
  "aborted: the program ended before the result of this call was recorded. It may have run, in part or to its end. " +
  "Look at what it left before you do it again.";

function answeredCalls(items: readonly ResponseItem[]): ReadonlySet<string> {
  return new Set(items.map(answeredCall).filter((id) => id !== undefined));
}

function openedCall(item: ResponseItem, output: string): { key: string; answer: ResponseItem } | undefined {
  if (item.type === "function_call" || (item.type === "local_shell_call" && item.call_id !== null)) {
    const call_id = item.call_id ?? "";
    return { key: `function:${call_id}`, answer: { type: "function_call_output", call_id, output } };
  }
  if (item.type === "custom_tool_call") {
    const { call_id } = item;
    return { key: `custom:${call_id}`, answer: { type: "custom_tool_call_output", call_id, output } };
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
