import type { CallId, Clock, MessageItem, SessionScope, TruncationPolicy, TurnId, UserShell } from "@codex/protocol";
import { truncateWithHeader } from "../../prompt/truncate.js";
import { wireDuration } from "../../tools/wire-duration.js";

/** One command of the person, and the turn whose id its events carry. */
export type PersonCommand = {
  readonly script: string;
  /** Absolute. */
  readonly cwd: string;
  readonly call_id: CallId;
  readonly turn_id: TurnId;
  readonly scope: SessionScope;
  readonly shell: UserShell;
  readonly clock: Clock;
  /** Of the model that will read the output. */
  readonly truncation: TruncationPolicy;
};

/**
 * Runs it to its end, shown like any command, and returns what the model is told of it (core.md §1.9). Never rejects:
 * aborting ends the command, and the result says so.
 */
export async function runUserShell(command: PersonCommand, signal: AbortSignal): Promise<MessageItem> {
  const { script, cwd, call_id, turn_id, scope, shell, clock } = command;
  const argv = shell.argv(script);
  const about = {
    call_id,
    turn_id,
    command: argv,
    cwd,
    parsed_cmd: [{ type: "unknown", cmd: script }],
    source: "user_shell",
  } as const;
  scope.emit({ type: "exec_command_begin", ...about }, turn_id);
  const started = clock.monotonic();
  const end = await shell.run(
    {
      argv,
      cwd,
      session: scope.id,
      onOutput: ({ stream, data }) => {
        const chunk = Buffer.from(data).toString("base64");
        scope.emit({ type: "exec_command_output_delta", call_id, stream, chunk }, turn_id);
      },
    },
    signal,
  );
  const duration_ms = clock.monotonic() - started;
  const output = signal.aborted ? `${end.output}(stopped by the user)\n` : end.output;
  const shown = truncateWithHeader(output, command.truncation, Buffer.byteLength(output));
  scope.emit(
    {
      type: "exec_command_end",
      ...about,
      // one stream in arrival order; the parts are not kept apart
      stdout: output,
      stderr: "",
      aggregated_output: output,
      exit_code: end.exit_code,
      duration: wireDuration(duration_ms),
      formatted_output: shown,
      status: end.exit_code === 0 ? "completed" : "failed",
    },
    turn_id,
  );
  const result = `Exit code: ${end.exit_code}\nDuration: ${(duration_ms / 1000).toFixed(4)} seconds\nOutput:\n${shown}`;
  return userMessage(
    `<user_shell_command>\n<command>\n${script}\n</command>\n<result>\n${result}\n</result>\n</user_shell_command>`,
  );
}

function userMessage(text: string): MessageItem {
  return { type: "message", role: "user", content: [{ type: "input_text", text }] };
}
