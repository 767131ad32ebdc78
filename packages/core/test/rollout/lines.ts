import type { ResponseItem, RolloutLine } from "@codex/protocol";

/** Builders of session lines, in the shapes of rollout-live.md §3. */

export const ID = "01890a5d-ac96-774b-bcce-b302099a8057";
export const AT = "2026-11-22T12:00:00.000Z";

export function line(type: string, payload: object, ordinal?: number): RolloutLine {
  return { timestamp: AT, ...(ordinal === undefined ? {} : { ordinal }), type, payload };
}

export function meta(more: object = {}): RolloutLine {
  const required = { id: ID, timestamp: AT, cwd: "/work", originator: "codex_exec", cli_version: "0.169.0" };
  return line("session_meta", { ...required, ...more });
}

export function user(text: string): RolloutLine {
  return line("response_item", { type: "message", role: "user", content: [{ type: "input_text", text }] });
}

export function assistant(text: string): RolloutLine {
  return line("response_item", { type: "message", role: "assistant", content: [{ type: "output_text", text }] });
}

export function call(call_id: string, name = "exec_command", args: object = { cmd: "ls" }): RolloutLine {
  return line("response_item", { type: "function_call", name, arguments: JSON.stringify(args), call_id });
}

export function output(call_id: string, text: string): RolloutLine {
  return line("response_item", { type: "function_call_output", call_id, output: text });
}

export function event(type: string, more: object = {}): RolloutLine {
  return line("event_msg", { type, ...more });
}

export function context(more: object = {}): RolloutLine {
  return line("turn_context", {
    turn_id: "t",
    cwd: "/work",
    approval_policy: "never",
    sandbox_policy: { type: "danger-full-access" },
    model: "gpt-5",
    summary: "auto",
    ...more,
  });
}

/** Numbers the lines as files with pages do. */
export function numbered(lines: readonly RolloutLine[]): readonly RolloutLine[] {
  return lines.map((each, ordinal) => ({ ...each, ordinal }));
}

export function written(lines: readonly RolloutLine[]): string {
  return lines.map((each) => `${JSON.stringify(each)}\n`).join("");
}

/** What a history says, in short. */
export function brief(items: readonly ResponseItem[]): readonly string[] {
  return items.map((item) => {
    if (item.type === "message") {
      return `${item.role}: ${item.content.map((part) => ("text" in part ? part.text : part.type)).join("|")}`;
    }
    if ("output" in item) return `${item.call_id} -> ${JSON.stringify(item.output)}`;
    return "call_id" in item ? `${item.call_id} ${item.type}` : item.type;
  });
}
