import { CodexError } from "@codex/common";
import { confine } from "@codex/linux-sandbox";
import { findDenial } from "./denial.js";
import { createConfinedFiles } from "./file-server.js";
import { startCommand } from "./start.js";
import type { Command, Confinement } from "@codex/linux-sandbox";
import type { Environment, ExitStatus, ResolvedPolicy } from "@codex/protocol";
import type { CommandServer } from "./command-server.js";

export type ConfinedParts = {
  /** Holds the file servers that run. */
  readonly running: Set<AsyncDisposable>;
  readonly server: CommandServer;
};

/** The same place, narrowed: commands and file operations happen inside the confinement, held by the kernel. */
export function confinedEnvironment(
  outer: Environment,
  confinement: Confinement,
  { running, server }: ConfinedParts,
): Environment {
  const policy = confinement.resolved;
  const wrap = (command: Command): readonly string[] => confine(confinement, command);
  const launch = { wrap, server, network: networkKey(policy, confinement) };
  const files = createConfinedFiles(confinement, running);
  /** Where a command ran, by how it ended: its messages may name relative paths. */
  const cwd_of = new WeakMap<ExitStatus, string>();
  return {
    id: outer.id,
    files,
    exec(request, signal) {
      const process = startCommand(request, launch, signal);
      void process.exit.then((exit) => cwd_of.set(exit, request.cwd));
      return process;
    },
    resolve: (narrower, policy_cwd) => outer.resolve(narrower, policy_cwd),
    confine: () => Promise.reject(new CodexError("internal", "confined already")),
    denial: (exit, captured) => findDenial(exit, captured, { policy, cwd: cwd_of.get(exit) ?? policy.cwd }),
  };
}

/**
 * Who shares a loopback network: commands that may write the same. Then a server in one is reached by the next, and a
 * narrower command does not reach a wider one that could write for it.
 */
function networkKey(policy: ResolvedPolicy, { layers }: Confinement): string | undefined {
  if (policy.network || layers !== "namespaces") return undefined;
  return JSON.stringify([policy.policy.type, ...policy.writable.map(({ root }) => root).sort()]);
}
