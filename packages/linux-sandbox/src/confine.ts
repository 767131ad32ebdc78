import type { Confinement } from "./enforcement.js";
import type { SharedNetwork } from "./serve.js";
import { policyArguments } from "./policy.js";

/** The descriptor number that must be a pipe when one of these argument lists is spawned without a terminal. */
export const STATUS_FD = 3;

/**
 * What to run inside. `cwd` is absolute and entered inside the sandbox.
 *
 * `tty`: standard input is a terminal that is the command's to control. Then the command stays in the terminal's
 * session, and there is no status descriptor: a failed start is told on the terminal, with exit code 125, 126 or 127.
 */
export type Command = {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly tty: boolean;
  /** The words are for a command server, which ties the command to itself and tells how it ended. Not with `tty`. */
  readonly served?: boolean;
  /** With the network off: whose loopback to share. Absent, or not to be had: its own. */
  readonly network?: SharedNetwork | undefined;
};

/** The argument list that runs a command under a policy. */
export function confine(confinement: Confinement, command: Command): readonly string[] {
  const policy = policyArguments(confinement.resolved, confinement.layers);
  const { network } = command;
  const join = network === undefined ? [] : ["--join", `${network.holder}:${network.user}:${network.net}`];
  return [confinement.helper, "run", ...placement(command), ...policy, ...join, "--", ...command.argv];
}

/** The argument list that runs a command with every right, but with its whole tree tied to our life. */
export function unconfined(helper: string, command: Command): readonly string[] {
  return [helper, "unconfined", ...placement(command), "--", ...command.argv];
}

/** The argument list of a file server under a policy; its standard streams go to `connectFiles`. */
export function fileServer(confinement: Confinement): readonly string[] {
  return [confinement.helper, "files", ...ownTies(), ...policyArguments(confinement.resolved, confinement.layers)];
}

/** The argument list of a command server (`serve.ts`). */
export function commandServer(helper: string): readonly string[] {
  return [helper, "serve", ...ownTies()];
}

function placement(command: Command): readonly string[] {
  const ties = command.served === true ? [] : ownTies();
  return [...(command.tty ? ["--tty", ...parent()] : ties), "--cwd", command.cwd];
}

/** The caller's death ends it, and its start is reported; first, so that complaints about the rest are too. */
function ownTies(): readonly string[] {
  return ["--status-fd", String(STATUS_FD), ...parent()];
}

function parent(): readonly string[] {
  return ["--parent", String(process.pid)];
}
