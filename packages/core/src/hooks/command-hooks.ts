import { codeOf } from "@codex/common";
import type { Environment, HookAnswer, HookPoint, Hooks, OutputChunk, ToolCall, TurnContext } from "@codex/protocol";
import type { ShellPowers } from "../tools/shell-powers.js";
import type { HookEnd, HookReading } from "./hook-answer.js";
import { readAnswer } from "./hook-answer.js";
import type { HookEvent, HookRule } from "./hook-rule.js";

export type HookParts = {
  readonly rules: readonly HookRule[];
  /** This machine, unconfined: hooks are the user's own programs. */
  readonly host: Environment;
  readonly powers: ShellPowers;
};

/** Bytes of stdout, and of stderr, that are read. */
const OUTPUT_LIMIT = 256 * 1024;

/** What a hook that gave no answer means: before something happens nothing may be taken for granted. */
const CLOSED: ReadonlySet<HookEvent> = new Set(["PreToolUse", "UserPromptSubmit"]);

/** Hooks that are commands: they get JSON on stdin, and answer by exit code or JSON. All of an event run together. */
export function createCommandHooks(parts: HookParts): Hooks {
  const ask = async (event: HookEvent, facts: Facts, turn: TurnContext): Promise<HookAnswer> => {
    const rules = parts.rules.filter((rule) => rule.event === event && fits(rule, facts.tool_name));
    if (rules.length === 0) return { type: "continue" };
    const input = JSON.stringify({ ...commonFacts(event, turn), ...facts });
    const answers = await Promise.all(rules.map((rule) => answerOf(rule, input, { parts, turn })));
    return combine(answers);
  };
  return {
    before: (call, turn) => ask("PreToolUse", callFacts(call), turn),
    after: (call, output, turn) => ask("PostToolUse", { ...callFacts(call), tool_response: output }, turn),
    on: (point, turn) => ask(EVENT_OF[point.type], pointFacts(point), turn),
  };
}

type Facts = { readonly tool_name?: string; readonly [name: string]: unknown };

const EVENT_OF = {
  session_start: "SessionStart",
  prompt: "UserPromptSubmit",
  stop: "Stop",
} as const satisfies Record<HookPoint["type"], HookEvent>;

function commonFacts(event: HookEvent, { id, session, settings }: TurnContext): object {
  return {
    session_id: session.id,
    turn_id: id,
    cwd: settings.cwd,
    hook_event_name: event,
    model: settings.model,
    approval_policy: settings.approval_policy,
    sandbox_mode: settings.sandbox_policy.type,
  };
}

function callFacts(call: ToolCall): Facts {
  return { tool_name: call.name, tool_use_id: call.call_id, tool_input: inputOf(call) };
}

/** Arguments as an object where they are one; else as the model wrote them. */
function inputOf(call: ToolCall): unknown {
  if (call.kind === "custom") return { input: call.text };
  try {
    return JSON.parse(call.text);
  } catch (error) {
    if (error instanceof SyntaxError) return call.text;
    throw error;
  }
}

function pointFacts(point: HookPoint): Facts {
  switch (point.type) {
    case "session_start":
      return {};
    case "prompt":
      return { prompt: point.text };
    case "stop":
      return { last_assistant_message: point.last_message ?? null, stop_hook_active: point.again };
    default:
      return point satisfies never;
  }
}

function fits({ matcher }: HookRule, tool: string | undefined): boolean {
  return matcher === undefined || tool === undefined || matcher.test(tool);
}

type Asking = { readonly parts: HookParts; readonly turn: TurnContext };

async function answerOf(rule: HookRule, input: string, { parts, turn }: Asking): Promise<HookAnswer> {
  const reading = readAnswer(rule.event, await runHook(rule, input, { parts, turn }));
  if (reading.type !== "broken") return reading;
  turn.signal.throwIfAborted();
  return closedOrOpen(rule, reading, turn);
}

function closedOrOpen(
  rule: HookRule,
  { text }: Extract<HookReading, { type: "broken" }>,
  turn: TurnContext,
): HookAnswer {
  const message = `the ${rule.event} hook of ${rule.source} gave no answer: ${text}`;
  if (CLOSED.has(rule.event)) return { type: "deny", reason: message };
  turn.session.emit({ type: "warning", message }, turn.id);
  return { type: "continue" };
}

/** The first refusal stands; words of all the others are put together. */
function combine(answers: readonly HookAnswer[]): HookAnswer {
  const denied = answers.find((answer) => answer.type === "deny");
  if (denied !== undefined) return denied;
  const words = answers.flatMap((answer) => (answer.type === "continue" ? (answer.context ?? []) : []));
  return words.length === 0 ? { type: "continue" } : { type: "continue", context: words.join("\n") };
}

async function runHook(rule: HookRule, input: string, { parts, turn }: Asking): Promise<HookEnd> {
  const { host, powers } = parts;
  const process = host.exec(
    {
      argv: powers.argv(rule.command, { login: false }),
      cwd: turn.settings.cwd,
      env: powers.vars({ network: true, confined: false, session_id: turn.session.id }),
      stdin: "pipe",
      timeout_ms: rule.timeout_ms,
    },
    turn.signal,
  );
  const read = collect(process.output);
  await process.write(Buffer.from(input)).catch((error: unknown) => {
    // a hook need not read what it is told
    if (codeOf(error) !== "bad_request") throw error;
  });
  process.closeInput();
  const [streams, exit] = await Promise.all([read, process.exit]);
  switch (exit.type) {
    case "exited":
      return { ...streams, exit_code: exit.code };
    case "timed_out":
      return { ...streams, stderr: `it took longer than ${rule.timeout_ms / 1000} s` };
    case "failed_to_start":
      return { ...streams, stderr: exit.message };
    case "signaled":
      return { ...streams, stderr: `it was ended by ${exit.signal}` };
    default:
      return exit satisfies never;
  }
}

async function collect(output: AsyncIterable<OutputChunk>): Promise<{ stdout: string; stderr: string }> {
  const [stdout, stderr]: [Uint8Array[], Uint8Array[]] = [[], []];
  const sizes = { stdout: 0, stderr: 0 };
  for await (const { stream, data } of output) {
    const part = data.subarray(0, OUTPUT_LIMIT - sizes[stream]);
    if (part.length === 0) continue;
    sizes[stream] += part.length;
    (stream === "stdout" ? stdout : stderr).push(part);
  }
  return { stdout: Buffer.concat(stdout).toString("utf8"), stderr: Buffer.concat(stderr).toString("utf8") };
}
