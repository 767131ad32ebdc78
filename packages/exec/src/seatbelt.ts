import type { ResolvedPolicy, WritableRoot } from "@codex/protocol";

/** By absolute path only: one earlier on `$PATH` could be anybody's. */
const SANDBOX_EXEC = "/usr/bin/sandbox-exec";

/** What any program needs, whatever the policy. Everything that is not named is denied. */
const BASE = `(version 1)
(deny default)

(allow process-exec process-fork)
(allow signal process-info* (target same-sandbox))

; facts about the machine
(allow sysctl-read
  (sysctl-name-prefix "hw.")
  (sysctl-name-prefix "machdep.cpu.")
  (sysctl-name-prefix "kern.os")
  (sysctl-name "kern.argmax" "kern.boottime" "kern.hostname" "kern.maxfilesperproc" "kern.secure_kernel")
  (sysctl-name "kern.usrstack64" "kern.version" "sysctl.proc_cputype" "vm.loadavg"))
(allow user-preference-read)
(allow mach-lookup
  (global-name "com.apple.cfprefsd.agent")
  (global-name "com.apple.cfprefsd.daemon")
  (global-name "com.apple.system.opendirectoryd.libinfo"))

; semaphores of multiprocessing libraries
(allow ipc-posix-sem)
(allow ipc-posix-shm-read-data (ipc-posix-name-prefix "apple.cfprefs."))

; terminals
(allow pseudo-tty)
(allow file-read* file-write* file-ioctl (literal "/dev/ptmx") (literal "/dev/tty"))
(allow file-read* file-write* file-ioctl
  (require-all (regex #"^/dev/ttys[0-9]+$") (extension "com.apple.sandbox.pty")))
(allow file-write-data (require-all (literal "/dev/null") (vnode-type CHARACTER-DEVICE)))
`;

const NETWORK = `
(allow network-outbound network-inbound network-bind)
(allow system-socket)
(allow mach-lookup
  (global-name "com.apple.SystemConfiguration.configd")
  (global-name "com.apple.SystemConfiguration.DNSConfiguration")
  (global-name "com.apple.networkd")
  (global-name "com.apple.trustd.agent"))
`;

type Rules = { readonly text: string; readonly parameters: readonly (readonly [name: string, path: string])[] };

/** The argument list that runs a command under a policy on macOS (exec.md §4.9). Paths go in as parameters. */
export function seatbeltArguments(policy: ResolvedPolicy, argv: readonly string[]): readonly string[] {
  const hidden = [...policy.denied, ...(policy.secrets ?? [])];
  const parts = [...policy.writable.map(writing), ...hidden.map(hiding)];
  const text = [BASE, "\n(allow file-read*)\n", ...parts.map((part) => part.text), policy.network ? NETWORK : ""].join(
    "",
  );
  const parameters = parts.flatMap((part) => part.parameters.map(([name, path]) => `-D${name}=${path}`));
  return [SANDBOX_EXEC, "-p", text, ...parameters, "--", ...argv];
}

/** Last, since the last rule that fits decides. Moving a denied file away would uncover it. */
function hiding(path: string, index: number): Rules {
  const name = `DENIED_${index}`;
  return { text: `(deny file-read* file-write* ${covered(name)})\n`, parameters: [[name, path]] };
}

/** A root without what stays read-only in it, which cannot be made there either. */
function writing({ root, read_only }: WritableRoot, index: number): Rules {
  const name = `WRITABLE_ROOT_${index}`;
  const kept = read_only.map((path, number) => [`${name}_EXCLUDED_${number}`, path] as const);
  const exceptions = kept.map(([exception]) => `\n  (require-not ${covered(exception)})`).join("");
  const text = `(allow file-write* (require-all (subpath (param "${name}"))${exceptions}))\n`;
  return { text, parameters: [[name, root], ...kept] };
}

function covered(parameter: string): string {
  return `(require-any (literal (param "${parameter}")) (subpath (param "${parameter}")))`;
}
