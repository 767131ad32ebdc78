import type { Captured, Denial, ToolOutput, TruncationPolicy } from "@codex/protocol";
import { describeDenial } from "@codex/protocol";
import { estimateTokens, truncateMiddle, truncateWithHeader } from "../prompt/truncate.js";
import type { CommandResult } from "./command.js";
import type { ShellPowers } from "./shell-powers.js";

const DEFAULT_OUTPUT_TOKENS = 10_000;

/** Output of a command as texts; `notice` says what the command itself could not. */
export type Texts = {
  /** As kept: head and tail with a marker where bytes were dropped, lossy UTF-8. */
  readonly text: string;
  /** Without that marker. */
  readonly kept: string;
  readonly omitted_bytes: number;
  /** Bytes printed, dropped ones included. */
  readonly total_bytes: number;
};

export function textsOf(captured: Captured, notice: string, powers: ShellPowers): Texts {
  const { omitted_bytes, total_bytes } = captured;
  const text = notice + powers.render(captured);
  const kept = omitted_bytes === 0 ? text : notice + powers.render({ ...captured, omitted_bytes: 0 });
  return { text, kept, omitted_bytes, total_bytes };
}

/** Cut to the policy, under a header that says what is missing (live.md §3.3). */
export function modelText(texts: Texts, policy: TruncationPolicy): string {
  const { text, kept, omitted_bytes, total_bytes } = texts;
  if (omitted_bytes === 0) return truncateWithHeader(text, policy, total_bytes);
  const cut = truncateMiddle(kept, policy);
  if (cut === kept) return text;
  const tokens = estimateTokens(total_bytes);
  return `Warning: truncated output (original token count: ${tokens})\n... ${omitted_bytes} bytes omitted ...\n\n${cut}`;
}

/** The smaller of the model's policy and what the call asked for. */
export function budget(policy: TruncationPolicy, asked: number | undefined): TruncationPolicy {
  const tokens = Math.max(0, Math.floor(asked ?? DEFAULT_OUTPUT_TOKENS));
  const allowed = policy.mode === "tokens" ? policy.limit : policy.limit / 4;
  return tokens < allowed ? { mode: "tokens", limit: tokens } : policy;
}

export type State =
  | { readonly type: "ended"; readonly result: CommandResult }
  | { readonly type: "running"; readonly process_id: number; readonly texts: Texts; readonly duration_ms: number };

/** The answer of `exec_command` and `write_stdin` (live.md §3.2). */
export function formatUnified(state: State, policy: TruncationPolicy): ToolOutput {
  const { duration_ms, total_bytes } = state.type === "ended" ? state.result : { ...state, ...state.texts };
  const where =
    state.type === "ended"
      ? `Process exited with code ${state.result.exit_code}`
      : `Process running with session ID ${state.process_id}`;
  const body =
    state.type === "ended" ? withDenial(modelText(state.result, policy), state.result) : modelText(state.texts, policy);
  const text = [
    `Chunk ID: ${chunkId()}`,
    `Wall time: ${(duration_ms / 1000).toFixed(4)} seconds`,
    where,
    `Original token count: ${estimateTokens(total_bytes)}`,
    "Output:",
    body,
  ].join("\n");
  const success = state.type === "running" || state.result.exit_code === 0;
  return { success, content: [{ type: "input_text", text }] };
}

/** The command's own words first, then why the sandbox refused. */
export function withDenial(body: string, result: CommandResult): string {
  if (result.denial === undefined) return body;
  return `${body}${body === "" || body.endsWith("\n") ? "" : "\n"}${explainDenial(result.denial)}\n`;
}

/** One line that says what the sandbox refused and what would allow it. */
export function explainDenial(denial: Denial): string {
  return `[sandbox] ${describeDenial(denial)}`;
}

function chunkId(): string {
  return Math.floor(Math.random() * 0x1000000)
    .toString(16)
    .padStart(6, "0");
}
