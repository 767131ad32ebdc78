import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";

import { CodexError } from "@codex/common";

import { isHelperFailure, parseJson } from "./status.js";
import type { HelperFailure } from "./status.js";

/** What this kernel let the helper do when it tried. `undefined`: it worked. */
export type Probe = {
  /** Landlock ABI; 0: none. */
  readonly landlock: number;
  readonly seccomp: HelperFailure | undefined;
  /** User, mount, pid and ipc namespaces, the read-only tree, `/dev` and `/proc`. */
  readonly namespaces: HelperFailure | undefined;
  /** The same with a network namespace of its own. */
  readonly network: HelperFailure | undefined;
  readonly switches: Switches;
};

/** Settings of the machine that are known to refuse namespaces. Absent where the kernel has no such switch. */
export type Switches = {
  readonly apparmor_restrict_unprivileged_userns?: string;
  readonly unprivileged_userns_clone?: string;
  readonly max_user_namespaces?: string;
  /** `Seccomp:` of our own status: `2` when something around us filters system calls, as a container does. */
  readonly seccomp_mode?: string;
};

const probes = new Map<string, Promise<Probe>>();

/** Asks the helper once per process; later calls get the same answer. Throws `sandbox_unavailable`. */
export function probe(helper: string, signal: AbortSignal): Promise<Probe> {
  const known = probes.get(helper);
  if (known !== undefined) return known;
  const asked = askHelper(helper, signal);
  probes.set(helper, asked);
  // An aborted or failed question says nothing about the kernel.
  asked.catch(() => probes.delete(helper));
  return asked;
}

async function askHelper(helper: string, signal: AbortSignal): Promise<Probe> {
  const [text, switches] = await Promise.all([runProbe(helper, signal), readSwitches()]);
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || !("landlock" in value) || typeof value.landlock !== "number") {
    throw new CodexError(
      "sandbox_unavailable",
      `${helper} is not the sandbox helper: it answered ${JSON.stringify(text)}`,
    );
  }
  const failure = (name: string): HelperFailure | undefined => {
    const field: unknown = Reflect.get(value, name);
    return isHelperFailure(field) ? field : undefined;
  };
  return {
    landlock: value.landlock,
    seccomp: failure("seccomp"),
    namespaces: failure("namespaces"),
    network: failure("network"),
    switches,
  };
}

function runProbe(helper: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(helper, ["probe"], { signal, env: {}, timeout: 10_000, maxBuffer: 65_536 }, (error, stdout) => {
      if (error === null) return resolve(stdout);
      const message = `the sandbox helper ${helper} could not be asked: ${error.message.trim()}`;
      return reject(signal.aborted ? error : new CodexError("sandbox_unavailable", message, { cause: error }));
    });
  });
}

async function readSwitches(): Promise<Switches> {
  const read = async (path: string): Promise<string | undefined> =>
    (await readFile(path, "utf8").catch(() => undefined))?.trim();
  const [apparmor, clone, most, status] = await Promise.all([
    read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
    read("/proc/sys/kernel/unprivileged_userns_clone"),
    read("/proc/sys/user/max_user_namespaces"),
    read("/proc/self/status"),
  ]);
  const mode = /^Seccomp:\s*(\d)/m.exec(status ?? "")?.[1];
  return {
    ...(apparmor === undefined ? {} : { apparmor_restrict_unprivileged_userns: apparmor }),
    ...(clone === undefined ? {} : { unprivileged_userns_clone: clone }),
    ...(most === undefined ? {} : { max_user_namespaces: most }),
    ...(mode === undefined ? {} : { seccomp_mode: mode }),
  };
}
