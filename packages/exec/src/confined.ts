import { CodexError } from "@codex/common";
import { confine } from "@codex/linux-sandbox";
import { findDenial } from "./denial.js";
import { createConfinedFiles } from "./file-server.js";
import { startCommand } from "./start.js";
import type { Confinement } from "@codex/linux-sandbox";
import type { Environment, ExitStatus } from "@codex/protocol";

/**
 * The same place, narrowed: commands and file operations happen inside the confinement, held by the kernel.
 * `running` holds the file servers that run.
 */
export function confinedEnvironment(
  outer: Environment,
  confinement: Confinement,
  running: Set<AsyncDisposable>,
): Environment {
  const policy = confinement.resolved;
  const files = createConfinedFiles(confinement, running);
  /** Where a command ran, by how it ended: its messages may name relative paths. */
  const cwd_of = new WeakMap<ExitStatus, string>();
  return {
    id: outer.id,
    files,
    exec(request, signal) {
      const process = startCommand(request, (command) => confine(confinement, command), signal);
      void process.exit.then((exit) => cwd_of.set(exit, request.cwd));
      return process;
    },
    resolve: (narrower, policy_cwd) => outer.resolve(narrower, policy_cwd),
    confine: () => Promise.reject(new CodexError("internal", "confined already")),
    denial: (exit, captured) => findDenial(exit, captured, { policy, cwd: cwd_of.get(exit) ?? policy.cwd }),
  };
}
