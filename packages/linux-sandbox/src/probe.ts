import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";

import { CodexError, onAbort, parseJson } from "@codex/common";

import { isHelperFailure } from "./status.js";
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

/**
 * Asks the helper once per process; later calls get the same answer. Throws `sandbox_unavailable`. The question is
 * shared and short, so an abort ends the wait for it and not the question.
 */
export async function probe(helper: string, signal: AbortSignal): Promise<Probe> {
  signal.throwIfAborted();
  const asked = probes.get(helper) ?? ask(helper);
  return new Promise((resolve, reject) => {
    const listener = onAbort(signal, () => reject(signal.reason));
    asked.then(resolve, reject).finally(() => listener[Symbol.dispose]());
  });
}

function ask(helper: string): Promise<Probe> {
  const asked = askHelper(helper);
  probes.set(helper, asked);
  // A failed question says nothing about the kernel.
  asked.catch(() => probes.delete(helper));
  return asked;
}

async function askHelper(helper: string): Promise<Probe> {
  const [text, switches] = await Promise.all([runProbe(helper), readSwitches()]);
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

function runProbe(helper: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(helper, ["probe"], { env: {}, timeout: 10_000, maxBuffer: 65_536 }, (error, stdout) => {
      if (error === null) return resolve(stdout);
      const message = `the sandbox helper ${helper} could not be asked: ${error.message.trim()}`;
      return reject(new CodexError("sandbox_unavailable", message, { cause: error }));
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
