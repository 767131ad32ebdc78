import { realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { codeOf } from "@codex/common";
import { complaints } from "./denial-text.js";
import { decodeText } from "./text.js";
import type { Captured, Denial, ExitStatus, ResolvedPolicy } from "@codex/protocol";
import type { Complaint } from "./denial-text.js";

/** Bytes of each end of the output that are searched. */
const SEARCHED = 256 * 1024;
const SIGSYS = 31;
const KERNEL_TREES = ["/dev", "/proc", "/sys"];

export type DenialOptions = {
  readonly policy: ResolvedPolicy;
  /** Where the command ran: its messages may name relative paths. */
  readonly cwd: string;
};

/**
 * Was it the sandbox that said no? Upstream's rule (exec.md §3.8: exit code ≠ 0 and a telling word), made stricter: a
 * named path that the policy lets be written is no denial. Not certain, since it rests on the command's own words.
 */
export function findDenial(exit: ExitStatus, captured: Captured, options: DenialOptions): Denial | undefined {
  if (exit.type === "signaled" && exit.signal === "SIGSYS") return syscallDenial({ certain: true });
  if (exit.type !== "exited" || exit.code === 0) return undefined;
  const head = captured.head.subarray(0, SEARCHED);
  const rest = captured.head.length > SEARCHED ? captured.head.subarray(-SEARCHED) : new Uint8Array(0);
  const text = [head, rest, captured.tail.subarray(-SEARCHED)].map(decodeText).join("\n");
  for (const complaint of complaints(text)) {
    const denial = judge(complaint, options);
    if (denial !== undefined) return denial;
  }
  return exit.code === 128 + SIGSYS ? syscallDenial({ certain: false }) : undefined;
}

/** Was it the sandbox that refused this file operation? The errno comes from the kernel, so the answer is certain. */
export function fileDenial(errno: string, path: string, policy: ResolvedPolicy): Denial | undefined {
  if (errno !== "EROFS" && errno !== "EACCES" && errno !== "EPERM") return undefined;
  const denial = judgePath(path, policy);
  return denial === undefined ? undefined : { ...denial, certain: true };
}

function judge(complaint: Complaint, { policy, cwd }: DenialOptions): Denial | undefined {
  switch (complaint.type) {
    case "network":
      return policy.network ? undefined : networkDenial(complaint.target, policy);
    case "syscall":
      return syscallDenial({ certain: false });
    case "file":
      return judgeFile(complaint, { policy, cwd });
    default:
      return complaint satisfies never;
  }
}

function judgeFile(
  { target, read_only }: Extract<Complaint, { type: "file" }>,
  options: DenialOptions,
): Denial | undefined {
  const { policy, cwd } = options;
  const denial = target === undefined ? undefined : judgePath(resolve(cwd, target), policy);
  if (denial !== undefined) return denial;
  const rule = { layer: "filesystem", text: writableText(policy) } as const;
  // a writable root is never read-only: a relative path was meant from another directory than the one we know
  if (read_only === "yes" && (target === undefined || !isAbsolute(target))) {
    return { layer: "filesystem", rule, certain: false };
  }
  return target === undefined ? syscallDenial({ certain: false }) : undefined;
}

function judgePath(named: string, policy: ResolvedPolicy): Denial | undefined {
  const target = canonical(named);
  const denied = [...policy.denied, ...(policy.secrets ?? [])].find((path) => isInside(target, path));
  if (denied !== undefined) return fileRefusal(target, `${denied} is not readable`, undefined);
  const root = policy.writable.findLast((writable) => isInside(target, writable.root));
  if (root === undefined) return fileRefusal(target, writableText(policy), widening(target, policy));
  const kept = root.read_only.find((path) => isInside(target, path));
  if (kept === undefined) return undefined;
  const text = `\`${basename(kept)}\` is protected: inside the writable ${root.root} it stays read-only`;
  return fileRefusal(target, text, `--add-dir ${quote(kept)}`);
}

function fileRefusal(target: string, text: string, allow_with: string | undefined): Denial {
  const rule = { layer: "filesystem", text } as const;
  return { layer: "filesystem", target, rule, ...(allow_with !== undefined && { allow_with }), certain: false };
}

function writableText(policy: ResolvedPolicy): string {
  if (policy.writable.length === 0) return `the sandbox (${policy.policy.type}) lets nothing be written`;
  return `the sandbox lets only ${policy.writable.map(({ root }) => root).join(", ")} be written`;
}

/** The smallest change: the mode when it alone would do, else one more directory. */
function widening(target: string, policy: ResolvedPolicy): string | undefined {
  if (KERNEL_TREES.some((tree) => isInside(target, tree))) return undefined;
  const mode = policy.policy.type === "read-only" ? "-s workspace-write" : undefined;
  if (mode !== undefined && isInside(target, policy.cwd)) return mode;
  const folder = dirname(target) === "/" ? target : dirname(target);
  return [mode, `--add-dir ${quote(folder)}`].filter((part) => part !== undefined).join(" ");
}

function networkDenial(target: string | undefined, policy: ResolvedPolicy): Denial {
  const mode = policy.policy.type === "read-only" ? "-s workspace-write " : "";
  return {
    layer: "network",
    ...(target !== undefined && { target }),
    rule: { layer: "network", text: "the sandbox has no network" },
    allow_with: `${mode}-c sandbox_workspace_write.network_access=true`,
    certain: false,
  };
}

function syscallDenial({ certain }: { readonly certain: boolean }): Denial {
  const text = "the sandbox refuses some system calls: mounts, namespaces, debugging, sockets while the network is off";
  return { layer: "sandbox", rule: { layer: "sandbox", text }, certain };
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === "" || (!isAbsolute(way) && way !== ".." && !way.startsWith(`..${sep}`));
}

/** Symlinks of the part that exists resolved, as the policy's paths are. */
function canonical(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const parent = dirname(path);
    if (codeOf(error) === undefined || parent === path) return path;
    return join(canonical(parent), basename(path));
  }
}

/** As a shell would need it. */
function quote(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
