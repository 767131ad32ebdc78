import type {
  Action,
  Attempt,
  Captured,
  Denial,
  Environment,
  EventMsg,
  ExitStatus,
  ToolCall,
  ToolContext,
} from "@codex/protocol";
import { allowsNetwork } from "@codex/protocol";
import type { Refused } from "../approvals/refusal.js";
import { refusalText } from "../approvals/refusal.js";
import { estimateTokens, truncateWithHeader } from "../prompt/truncate.js";
import type { ShellPowers } from "./shell-powers.js";
import { wireDuration } from "./wire-duration.js";

/** A command as a tool asks for it. */
export type Command = {
  readonly argv: readonly string[];
  readonly script?: string;
  /** Absolute. */
  readonly cwd: string;
  readonly timeout_ms: number;
  readonly permissions: "default" | "escalated";
  readonly justification?: string;
  readonly prefix_rule?: readonly string[];
};

export type CommandResult = {
  readonly exit_code: number;
  readonly duration_ms: number;
  /** Output as kept: head and tail, lossy UTF-8. */
  readonly text: string;
  /** Bytes the command printed, dropped ones included. */
  readonly total_bytes: number;
  readonly denial?: Denial;
};

export type CommandOutcome = { readonly type: "ran"; readonly result: CommandResult } | Refused;

/** Runs one command to its end under the guard; begin and end are always shown, also when it was refused. */
export async function runCommand(
  command: Command,
  call: ToolCall,
  context: ToolContext,
  powers: ShellPowers,
): Promise<CommandOutcome> {
  const { turn } = context;
  const started = performance.now();
  let begun = false;
  const begin = (): void => {
    if (begun) return;
    begun = true;
    emitBegin(command, call, context);
  };
  const attempt = await context.guard.run(actionOf(command, turn.environment.id), async (where) => {
    begin();
    return runIn(where, command, { call, context, powers, started });
  });
  begin();
  if (attempt.type === "refused") {
    const text = refusalText("exec command", attempt);
    const result = { exit_code: -1, duration_ms: elapsed(started), text, total_bytes: 0 };
    emitEnd(command, result, "declined", { call, context });
    return attempt;
  }
  const result = resultOf(attempt, started);
  emitEnd(command, result, result.exit_code === 0 ? "completed" : "failed", { call, context });
  return { type: "ran", result };
}

type Run = {
  readonly call: ToolCall;
  readonly context: ToolContext;
  readonly powers: ShellPowers;
  readonly started: number;
};

async function runIn(where: Environment, command: Command, run: Run): Promise<Attempt<CommandResult>> {
  const { call, context, powers, started } = run;
  const { turn, signal } = context;
  const env = powers.vars({ network: allowsNetwork(turn.settings.sandbox_policy), session_id: turn.session.id });
  const request = {
    argv: command.argv,
    cwd: command.cwd,
    env,
    stdin: "closed",
    timeout_ms: command.timeout_ms,
  } as const;
  const process = where.exec(request, signal);
  const captured = await powers.capture(process.output, {
    signal,
    on_delta: (delta) => {
      const chunk = Buffer.from(delta.data).toString("base64");
      emit(context, { type: "exec_command_output_delta", call_id: call.call_id, stream: delta.stream, chunk });
    },
  });
  const exit = await process.exit;
  const value: CommandResult = {
    exit_code: powers.exitCode(exit),
    duration_ms: elapsed(started),
    text: describeStart(exit, command) + powers.render(captured),
    total_bytes: captured.total_bytes,
  };
  const denial = signal.aborted ? undefined : denialOf(where, exit, captured);
  return denial === undefined ? { type: "done", value } : { type: "denied", value: { ...value, denial }, denial };
}

function denialOf(where: Environment, exit: ExitStatus, captured: Captured): Denial | undefined {
  if (exit.type === "exited" && exit.code === 0) return undefined;
  return where.denial(exit, captured);
}

/** What the model has to know before the output itself. */
function describeStart(exit: ExitStatus, command: Command): string {
  switch (exit.type) {
    case "failed_to_start":
      return `${exit.message}\n`;
    case "timed_out":
      return `command timed out after ${command.timeout_ms} milliseconds\n`;
    case "exited":
    case "signaled":
      return "";
    default:
      return exit satisfies never;
  }
}

function resultOf(attempt: Exclude<Attempt<CommandResult>, { type: "refused" }>, started: number): CommandResult {
  if (attempt.value !== undefined) return attempt.value;
  return { exit_code: -1, duration_ms: elapsed(started), text: "", total_bytes: 0 };
}

function actionOf(command: Command, environment_id: string): Action {
  return {
    type: "exec",
    argv: command.argv,
    cwd: command.cwd,
    tty: false,
    environment_id,
    permissions: command.permissions,
    ...(command.script === undefined ? {} : { script: command.script }),
    ...(command.justification === undefined ? {} : { justification: command.justification }),
    ...(command.prefix_rule === undefined ? {} : { prefix_rule: command.prefix_rule }),
  };
}

function scopeOf(command: Command, call: ToolCall, context: ToolContext) {
  return {
    call_id: call.call_id,
    turn_id: context.turn.id,
    command: command.argv,
    cwd: command.cwd,
    parsed_cmd: [{ type: "unknown", cmd: command.script ?? command.argv.join(" ") }],
    source: "agent",
  } as const;
}

function emitBegin(command: Command, call: ToolCall, context: ToolContext): void {
  emit(context, { type: "exec_command_begin", ...scopeOf(command, call, context) });
}

function emitEnd(
  command: Command,
  result: CommandResult,
  status: "completed" | "failed" | "declined",
  where: { readonly call: ToolCall; readonly context: ToolContext },
): void {
  const { call, context } = where;
  emit(context, {
    type: "exec_command_end",
    ...scopeOf(command, call, context),
    // one stream in arrival order; the parts are not kept apart
    stdout: result.text,
    stderr: "",
    aggregated_output: result.text,
    exit_code: result.exit_code,
    duration: wireDuration(result.duration_ms),
    formatted_output: truncateWithHeader(result.text, context.turn.model.info.truncation, result.total_bytes),
    status,
  });
}

function emit(context: ToolContext, message: EventMsg): void {
  context.turn.session.emit(message, context.turn.id);
}

function elapsed(started: number): number {
  return performance.now() - started;
}

/** One line that says what the sandbox refused and what would allow it. */
export function explainDenial(denial: Denial): string {
  const what = denial.rule?.text ?? "the sandbox refused this";
  const target = denial.target === undefined || what.includes(denial.target) ? "" : ` (${denial.target})`;
  const remedy = denial.allow_with === undefined ? "" : `; the user can allow it with ${denial.allow_with}`;
  const certainty = denial.certain ? "" : "probably: ";
  return `[sandbox] ${certainty}${what}${target}${remedy}`;
}

export function tokensOf(result: CommandResult): number {
  return estimateTokens(result.total_bytes);
}
