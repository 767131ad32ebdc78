import type { Attempt, Environment, ToolOutput, TruncationPolicy } from "@codex/protocol";
import { refusalText } from "../approvals/refusal.js";
import { decline, denialOf, emptyResult, once, requestOf, resultOf } from "./command.js";
import type { CommandResult } from "./command.js";
import { actionOf, emitBegin, emitDelta, emitEnd } from "./command-events.js";
import type { Asked } from "./command-events.js";
import { formatUnified, textsOf } from "./command-text.js";
import { failure } from "./define.js";
import { LiveProcess } from "./live-process.js";
import type { LiveProcessParts } from "./live-process.js";
import type { Processes } from "./processes.js";
import type { ShellPowers } from "./shell-powers.js";

export type LiveParts = { readonly powers: ShellPowers; readonly processes: Processes };

/** How long a call waits for a command, and how much it tells. */
export type Patience = { readonly yield_ms: number; readonly policy: TruncationPolicy };

/**
 * Starts a command under the guard and waits for its end; when that takes too long, it goes on as a session that
 * `write_stdin` reaches. Its begin and end are always shown, the end when it truly comes (core.md §4.4).
 */
export async function startCommand(
  ask: Omit<Asked, "process_id">,
  patience: Patience,
  parts: LiveParts,
): Promise<ToolOutput> {
  const { command, context } = ask;
  const { powers, processes } = parts;
  const id = processes.reserve();
  const asked = { ...ask, process_id: String(id) };
  const begin = once(() => emitBegin(asked));
  try {
    const attempt = await context.guard.run(actionOf(command, context.turn.environment.id), async (where) => {
      begin();
      return firstWait(startIn(where, asked, { id, powers }), { patience, asked, powers });
    });
    begin();
    if (attempt.type === "refused") return failure(refusalText("exec command", decline(asked, attempt)));
    const value = attempt.value ?? { type: "ended", result: emptyResult(0) };
    if (value.type === "ended") {
      showEnd(asked, value.result);
      processes.release(id);
      return formatUnified(value, patience.policy);
    }
    processes.keep(value.live);
    value.live.onEnd(() => {
      const { end } = value.live;
      if (end !== undefined) showEnd(asked, resultOf(end, command, powers));
    });
    return report(value.live, 0, patience.policy, parts);
  } catch (error) {
    processes.release(id);
    throw error;
  }
}

/** What is new of a running command, or its end; that is told once. `since`: when the call began to wait. */
export function report(
  live: LiveProcess,
  since: number,
  policy: TruncationPolicy,
  { powers, processes }: LiveParts,
): ToolOutput {
  const duration_ms = live.duration_ms - since;
  const captured = live.take();
  if (live.end === undefined) {
    const texts = textsOf(captured, "", powers);
    return formatUnified({ type: "running", process_id: live.id, texts, duration_ms }, policy);
  }
  processes.release(live.id);
  const result = resultOf({ ...live.end, captured, duration_ms }, live.command, powers);
  return formatUnified({ type: "ended", result }, policy);
}

type Waited =
  { readonly type: "ended"; readonly result: CommandResult } | { readonly type: "running"; readonly live: LiveProcess };

function startIn(where: Environment, asked: Asked, { id, powers }: { id: number; powers: ShellPowers }): LiveProcess {
  const { command, call, context } = asked;
  const { turn } = context;
  const start = (signal: AbortSignal) => {
    const process = where.exec(requestOf(command, turn, powers), signal);
    const following = powers.follow(process.output, {
      on_delta: (delta) => emitDelta(turn, call.call_id, delta),
      // what it says while it is being stopped is output too
      signal: new AbortController().signal,
    });
    return { process, following };
  };
  const denial: LiveProcessParts["denial"] = (exit, captured) => denialOf(where, exit, captured);
  return new LiveProcess({ id, call_id: call.call_id, command, start, denial }, turn.session.signal);
}

type First = {
  readonly patience: Patience;
  readonly asked: Asked;
  readonly powers: ShellPowers;
};

/** An interrupt stops what the model has not been told of yet. */
async function firstWait(live: LiveProcess, { patience, asked, powers }: First): Promise<Attempt<Waited>> {
  const { command, context } = asked;
  await live.settle(patience.yield_ms, context.signal);
  if (context.signal.aborted) await live.stop();
  if (live.end === undefined) return { type: "done", value: { type: "running", live } };
  const denial = context.signal.aborted ? undefined : live.end.denial;
  const value = { type: "ended", result: resultOf({ ...live.end, denial }, command, powers) } as const;
  return denial === undefined ? { type: "done", value } : { type: "denied", value, denial };
}

/** A command that is stopped because its session ends has no end that anybody is told (live.md §2.2). */
function showEnd(asked: Asked, result: CommandResult): void {
  if (asked.context.turn.session.signal.aborted) return;
  emitEnd(asked, result, result.exit_code === 0 ? "completed" : "failed");
}
