import type { HookAnswer } from "@codex/protocol";
import { truncateMiddle } from "../prompt/truncate.js";
import type { HookEvent } from "./hook-rule.js";

/** How a hook's command ended. */
export type HookEnd = {
  /** Absent: it was not started, or ran out of time. */
  readonly exit_code?: number;
  readonly stdout: string;
  readonly stderr: string;
};

/** `broken`: it gave no answer; the text says why. */
export type HookReading = HookAnswer | { readonly type: "broken"; readonly text: string };

/** Tokens of a hook's words that reach the model. */
const WORDS_LIMIT = 2_500;
/** The exit code that refuses; its reason stands on stderr. */
const REFUSED = 2;
/** Events whose plain output is for the model. */
const SPEAKS: ReadonlySet<HookEvent> = new Set(["SessionStart", "UserPromptSubmit"]);

/** What a command said: by its exit code, by JSON on stdout, or by plain words. */
export function readAnswer(event: HookEvent, end: HookEnd): HookReading {
  const { exit_code, stdout, stderr } = end;
  if (exit_code === undefined) return { type: "broken", text: stderr.trim() };
  if (exit_code === REFUSED) return deny(stderr.trim());
  if (exit_code !== 0) return { type: "broken", text: `exit code ${exit_code}: ${stderr.trim()}` };
  const text = stdout.trim();
  const json = text.startsWith("{") ? parse(text) : undefined;
  if (json !== undefined) return readJson(json);
  return SPEAKS.has(event) ? speak(text) : { type: "continue" };
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Two generations of the same answer: on top, and below `hookSpecificOutput`. */
function readJson(json: object): HookAnswer {
  const inner = field(json, "hookSpecificOutput");
  const specific = typeof inner === "object" && inner !== null ? inner : {};
  if (field(json, "continue") === false) return deny(text(json, "stopReason") ?? text(json, "reason") ?? "");
  if (field(json, "decision") === "block") return deny(text(json, "reason") ?? "");
  const permission = field(specific, "permissionDecision");
  // nobody is asked by a hook: what it would have asked about does not happen
  if (permission === "deny" || permission === "ask") return deny(text(specific, "permissionDecisionReason") ?? "");
  return speak(text(specific, "additionalContext") ?? text(json, "additionalContext") ?? "");
}

function speak(words: string): HookAnswer {
  return words === "" ? { type: "continue" } : { type: "continue", context: bounded(words) };
}

function deny(reason: string): HookAnswer {
  return { type: "deny", reason: reason === "" ? "it gave no reason" : bounded(reason) };
}

function bounded(words: string): string {
  return truncateMiddle(words, { mode: "tokens", limit: WORDS_LIMIT });
}

function field(value: object, name: string): unknown {
  return Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
}

function text(value: object, name: string): string | undefined {
  const found = field(value, name);
  return typeof found === "string" ? found : undefined;
}
