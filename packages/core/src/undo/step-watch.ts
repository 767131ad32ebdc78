import type { Action, Snapshots, ToolCall, TurnContext } from "@codex/protocol";
import { onlyReads } from "@codex/execpolicy";
import type { Place } from "../tools/places.js";

/** Sees to it that every step of a turn that may change files has a snapshot from before its first change. */
export interface StepWatch {
  /** A request to the model begins. */
  begin(): void;
  /** Its calls have settled. What they made of the files is looked at while the next request is under way. */
  end(): void;
  /** Before an action that was allowed. Never rejects for want of a snapshot. */
  beforeChange(action: Action, place: Place): Promise<void>;
  /** Before a call that no guard watches; `undefined`: nothing is to be waited for. */
  beforeCall(call: ToolCall): Promise<void> | undefined;
}

/** Tools whose actions the guard sees, or that change no file. Everything else may change some. */
const WATCHED = new Set([
  "exec_command",
  "shell",
  "shell_command",
  "local_shell",
  "container.exec",
  "apply_patch",
  "write_file",
  "edit_file",
  "read_file",
  "list_dir",
  "grep_files",
  "find_files",
  "view_image",
  "update_plan",
  "request_user_input",
  "web_search",
]);

export function watchSteps(turn: TurnContext, snapshots: Snapshots | undefined): StepWatch {
  const isWatched = (call: ToolCall): boolean => snapshots === undefined || WATCHED.has(call.name) || onlyWaits(call);
  let step = 0;
  let taken: Promise<void> | undefined;
  const take = (): Promise<void> => {
    taken ??= snapshots?.before({ turn_id: turn.id, step }, turn.signal) ?? Promise.resolve();
    return taken;
  };
  snapshots?.warm();
  return {
    begin() {
      step += 1;
      taken = undefined;
    },
    end() {
      // nobody waits for it: the next look stands in line behind it
      if (taken !== undefined) void snapshots?.after(turn.session.signal);
    },
    beforeChange: (action, place) => (mayChange(action, place, turn) ? take() : Promise.resolve()),
    beforeCall: (call) => (isWatched(call) ? undefined : take()),
  };
}

/** A command of the person's own is a step like any other. */
export async function asStep<T>(
  turn: TurnContext,
  snapshots: Snapshots | undefined,
  run: () => Promise<T>,
): Promise<T> {
  await snapshots?.before({ turn_id: turn.id, step: 1 }, turn.signal);
  const result = await run();
  void snapshots?.after(turn.session.signal);
  return result;
}

function mayChange(action: Action, place: Place, { settings }: TurnContext): boolean {
  if (settings.sandbox_policy.type === "read-only" && place === "confined") return false;
  switch (action.type) {
    case "exec":
      return !onlyReads(action.argv, {});
    case "patch":
      return true;
    case "mcp_call":
      return action.hints.read_only !== true;
    case "network":
      return false;
    default:
      return action satisfies never;
  }
}

/** `write_stdin` that types nothing. */
function onlyWaits(call: ToolCall): boolean {
  return call.name === "write_stdin" && !/"chars"\s*:\s*"[^"]/.test(call.text);
}
