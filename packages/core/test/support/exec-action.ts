import type { Action } from "@codex/protocol";

type ExecAction = Extract<Action, { type: "exec" }>;

/** A command as the guard gets it, in the fake place. */
export function execAction(argv: readonly string[], more: Partial<ExecAction> = {}): ExecAction {
  return { type: "exec", argv, cwd: "/work", tty: false, environment_id: "fake", permissions: "default", ...more };
}
