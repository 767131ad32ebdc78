import { summarizeCommand } from "@codex/execpolicy";
import type { Action, CallId, CompletionStatus, EventMsg, ToolCall, ToolContext, TurnContext } from "@codex/protocol";
import type { Command, CommandResult } from "./command.js";
import { modelText } from "./command-text.js";
import type { OutputDelta } from "./shell-powers.js";
import { wireDuration } from "./wire-duration.js";

/** A command and the call that asked for it. */
export type Asked = {
  readonly command: Command;
  readonly call: ToolCall;
  readonly context: ToolContext;
  /** Absent for a tool that runs a command to its end. */
  readonly process_id?: string;
};

export function actionOf(command: Command, environment_id: string): Action {
  return {
    type: "exec",
    argv: command.argv,
    cwd: command.cwd,
    tty: command.tty === true,
    environment_id,
    permissions: command.permissions,
    ...(command.script === undefined ? {} : { script: command.script }),
    ...(command.justification === undefined ? {} : { justification: command.justification }),
    ...(command.prefix_rule === undefined ? {} : { prefix_rule: command.prefix_rule }),
  };
}

export function emitBegin(asked: Asked): void {
  emit(asked.context.turn, { type: "exec_command_begin", ...scopeOf(asked) });
}

export function emitEnd(asked: Asked, result: CommandResult, status: CompletionStatus): void {
  const { turn } = asked.context;
  emit(turn, {
    type: "exec_command_end",
    ...scopeOf(asked),
    // one stream in arrival order; the parts are not kept apart
    stdout: result.text,
    stderr: "",
    aggregated_output: result.text,
    exit_code: result.exit_code,
    duration: wireDuration(result.duration_ms),
    formatted_output: modelText(result, turn.model.info.truncation),
    status,
    ...(result.denial === undefined ? {} : { denial: result.denial }),
  });
}

export function emitDelta(turn: TurnContext, call_id: CallId, delta: OutputDelta): void {
  const chunk = Buffer.from(delta.data).toString("base64");
  emit(turn, { type: "exec_command_output_delta", call_id, stream: delta.stream, chunk });
}

function scopeOf({ command, call, context, process_id }: Asked) {
  return {
    call_id: call.call_id,
    ...(process_id === undefined ? {} : { process_id }),
    turn_id: context.turn.id,
    command: command.argv,
    cwd: command.cwd,
    parsed_cmd: summarizeCommand(command.argv),
    source: process_id === undefined ? "agent" : "unified_exec_startup",
  } as const;
}

function emit(turn: TurnContext, message: EventMsg): void {
  turn.session.emit(message, turn.id);
}
