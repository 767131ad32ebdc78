import type {
  Attempt,
  Captured,
  Denial,
  Environment,
  ExecRequest,
  ExitStatus,
  ToolCall,
  ToolContext,
  TurnContext,
} from "@codex/protocol";
import { allowsNetwork, isConfined } from "@codex/protocol";
import type { Refused } from "../approvals/refusal.js";
import { refusalText } from "../approvals/refusal.js";
import { actionOf, emitBegin, emitDelta, emitEnd } from "./command-events.js";
import type { Asked } from "./command-events.js";
import { textsOf } from "./command-text.js";
import type { Texts } from "./command-text.js";
import type { ShellPowers } from "./shell-powers.js";

/** A command as a tool asks for it. */
export type Command = {
  readonly argv: readonly string[];
  readonly script?: string;
  /** Absolute. */
  readonly cwd: string;
  /** Absent: it may run as long as its session. */
  readonly timeout_ms?: number;
  /** On a terminal of its own. */
  readonly tty?: boolean;
  readonly permissions: "default" | "escalated";
  readonly justification?: string;
  readonly prefix_rule?: readonly string[];
};

export type CommandResult = Texts & {
  readonly exit_code: number;
  readonly duration_ms: number;
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
  const asked = { command, call, context };
  const started = performance.now();
  const begin = once(() => emitBegin(asked));
  const attempt = await context.guard.run(actionOf(command, context.turn.environment.id), async (where) => {
    begin();
    return runIn(where, asked, { powers, started });
  });
  begin();
  if (attempt.type === "refused") return decline(asked, attempt);
  const result = attempt.value ?? emptyResult(elapsed(started));
  emitEnd(asked, result, result.exit_code === 0 ? "completed" : "failed");
  return { type: "ran", result };
}

type Run = { readonly powers: ShellPowers; readonly started: number };

async function runIn(where: Environment, asked: Asked, run: Run): Promise<Attempt<CommandResult>> {
  const { command, call, context } = asked;
  const { turn, signal } = context;
  const process = where.exec(requestOf(command, turn, run.powers), signal);
  const on_delta = (delta: Parameters<typeof emitDelta>[2]): void => emitDelta(turn, call.call_id, delta);
  const captured = await run.powers.follow(process.output, { signal, on_delta }).whole;
  const exit = await process.exit;
  const denial = signal.aborted ? undefined : denialOf(where, exit, captured);
  const result = resultOf({ exit, captured, duration_ms: elapsed(run.started), denial }, command, run.powers);
  return denial === undefined ? { type: "done", value: result } : { type: "denied", value: result, denial };
}

export function requestOf(command: Command, turn: TurnContext, powers: ShellPowers): ExecRequest {
  return powers.ready({
    argv: command.argv,
    cwd: command.cwd,
    env: powers.vars({
      network: allowsNetwork(turn.settings.sandbox_policy),
      confined: isConfined(turn.settings.sandbox_policy),
      session_id: turn.session.id,
    }),
    stdin: "closed",
    ...(command.timeout_ms === undefined ? {} : { timeout_ms: command.timeout_ms }),
    ...(command.tty === true ? { pty: TERMINAL_SIZE } : {}),
  });
}

/** live.md §3.4 */
const TERMINAL_SIZE = { cols: 80, rows: 24 };

/** Shows the end of a command that was never started. */
export function decline(asked: Asked, refused: Refused): Refused {
  const text = refusalText("exec command", refused);
  emitEnd(asked, { ...emptyResult(0), text, kept: text }, "declined");
  return refused;
}

export type ProcessEnd = {
  readonly exit: ExitStatus;
  readonly captured: Captured;
  readonly duration_ms: number;
  readonly denial: Denial | undefined;
};

export function resultOf(end: ProcessEnd, command: Command, powers: ShellPowers): CommandResult {
  const texts = textsOf(end.captured, describeStart(end.exit, command), powers);
  const denial = end.denial === undefined ? {} : { denial: end.denial };
  return { ...texts, exit_code: powers.exitCode(end.exit), duration_ms: end.duration_ms, ...denial };
}

export function denialOf(where: Environment, exit: ExitStatus, captured: Captured): Denial | undefined {
  if (exit.type === "exited" && exit.code === 0) return undefined;
  return where.denial(exit, captured);
}

export function emptyResult(duration_ms: number): CommandResult {
  return { exit_code: -1, duration_ms, text: "", kept: "", omitted_bytes: 0, total_bytes: 0 };
}

export function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    work();
  };
}

/** What the model has to know before the output itself. */
function describeStart(exit: ExitStatus, command: Command): string {
  switch (exit.type) {
    case "failed_to_start":
      return `${exit.message}\n`;
    case "timed_out":
      return `command timed out after ${command.timeout_ms ?? 0} milliseconds\n`;
    case "exited":
    case "signaled":
      return "";
    default:
      return exit satisfies never;
  }
}

function elapsed(started: number): number {
  return performance.now() - started;
}
