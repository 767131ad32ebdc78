import type { Environment, UserShell } from "@codex/protocol";
import type { ShellPowers } from "./shell-powers.js";

/** core.md §1.9 */
const TIMEOUT_MS = 3_600_000;

/** `environment`: unconfined, since the person themselves asks. */
export function createUserShell(environment: Environment, powers: ShellPowers): UserShell {
  return {
    argv: (script) => powers.argv(script, { login: true }),
    async run({ argv, cwd, session, onOutput }, signal) {
      const request = powers.ready({
        argv,
        cwd,
        env: powers.vars({ network: true, confined: false, session_id: session }),
        stdin: "closed",
        timeout_ms: TIMEOUT_MS,
      });
      const started = environment.exec(request, signal);
      const captured = await powers.follow(started.output, { signal, on_delta: onOutput }).whole;
      const exit = await started.exit;
      const notice = exit.type === "failed_to_start" ? `${exit.message}\n` : "";
      return { exit_code: powers.exitCode(exit), output: notice + powers.render(captured) };
    },
  };
}
