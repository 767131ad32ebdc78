import type { TruncationPolicy } from "@codex/protocol";

/** A token is taken as four bytes (core.md §3.4). */
const BYTES_PER_TOKEN = 4;

/** Bytes a policy leaves. */
export function budgetOf(policy: TruncationPolicy): number {
  return policy.mode === "bytes" ? policy.limit : policy.limit * BYTES_PER_TOKEN;
}

export function estimateTokens(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

/**
 * Cuts the middle out: head and tail at character boundaries with one marker between them, which is not counted in
 * the budget (core.md §3.4, A.1). Text within the budget is returned as it is.
 */
export function truncateMiddle(text: string, policy: TruncationPolicy): string {
  const budget = budgetOf(policy);
  if (text.length * 3 <= budget) return text;
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= budget) return text;
  const left = Math.floor(budget / 2);
  const head = bytes.subarray(0, characterStartBefore(bytes, left));
  const tail = bytes.subarray(characterStartAfter(bytes, bytes.length - (budget - left)));
  const marker =
    policy.mode === "tokens"
      ? `…${estimateTokens(bytes.length - budget)} tokens truncated…`
      : `…${charactersIn(bytes) - charactersIn(head) - charactersIn(tail)} chars truncated…`;
  return head.toString("utf8") + marker + tail.toString("utf8");
}

/** As above, with a header that says how much there was (live.md §3.3). */
export function truncateWithHeader(text: string, policy: TruncationPolicy, original_bytes: number): string {
  const cut = truncateMiddle(text, policy);
  if (cut === text) return text;
  const tokens = estimateTokens(original_bytes);
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  return `Warning: truncated output (original token count: ${tokens})\nTotal output lines: ${lines}\n\n${cut}`;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function characterStartBefore(bytes: Buffer, index: number): number {
  let at = index;
  while (at > 0 && isContinuation(bytes[at])) at -= 1;
  return at;
}

function characterStartAfter(bytes: Buffer, index: number): number {
  let at = index;
  while (at < bytes.length && isContinuation(bytes[at])) at += 1;
  return at;
}

function charactersIn(bytes: Buffer): number {
  let count = 0;
  for (const byte of bytes) if ((byte & 0xc0) !== 0x80) count += 1;
  return count;
}
