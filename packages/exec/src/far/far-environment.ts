import { findDenial } from "../denial.js";
import { startFar } from "./far-process.js";
import { createShellFiles } from "./shell-files.js";
import type { Environment, ExitStatus, ResolvedPolicy } from "@codex/protocol";
import type { Link } from "./link.js";
import type { Keeper } from "./request.js";

export type FarPlace = Pick<Environment, "id" | "resolve" | "confine"> & {
  readonly connect: () => Promise<Link>;
  readonly keeper: Keeper;
  /** What confines it; absent: nothing does. */
  readonly policy?: ResolvedPolicy;
  /** The search path there, for file operations. */
  readonly path: string;
};

/** An environment behind a link. */
export function farEnvironment(place: FarPlace): Environment {
  const { policy } = place;
  /** Where a command ran, by how it ended: its messages may name relative paths. */
  const cwd_of = new WeakMap<ExitStatus, string>();
  const exec: Environment["exec"] = (request, signal) => {
    const process = startFar(request, place, signal);
    void process.exit.then((exit) => cwd_of.set(exit, request.cwd));
    return process;
  };
  return {
    id: place.id,
    files: createShellFiles({ exec, path: place.path, ...(policy !== undefined && { policy }) }),
    exec,
    resolve: place.resolve,
    confine: place.confine,
    denial: (exit, captured) =>
      policy === undefined ? undefined : findDenial(exit, captured, { policy, cwd: cwd_of.get(exit) ?? policy.cwd }),
  };
}
