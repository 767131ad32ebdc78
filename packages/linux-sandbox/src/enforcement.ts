import { CodexError } from "@codex/common";
import type { ResolvedPolicy } from "@codex/protocol";

import type { Layers } from "./policy.js";
import { probe } from "./probe.js";
import type { Probe } from "./probe.js";

/** A policy and what holds it on this machine. */
export type Confinement = {
  readonly helper: string;
  readonly resolved: ResolvedPolicy;
  readonly layers: Layers;
  /** One line for people: what is enforced, by what, and what is not. */
  readonly guarantees: string;
};

/** Landlock before this version lets files outside the roots be truncated. */
const LANDLOCK_THAT_HOLDS_WRITES = 3;

/**
 * Decides how the policy is held here, or throws `sandbox_unavailable` with the cause and the remedies in one line.
 * Never less than the policy, except for guarantees named in `allow_missing` (house.md §11).
 */
export async function enforce(resolved: ResolvedPolicy, helper: string, signal: AbortSignal): Promise<Confinement> {
  const facts = await probe(helper, signal);
  const layers = chooseLayers(resolved, facts);
  return { helper, resolved, layers, guarantees: describeGuarantees(facts, layers, resolved) };
}

/**
 * The same without asking the kernel first, for one command whose start costs more than itself: every layer is used,
 * and where one cannot be had the command is not started and the status says `sandbox_unavailable`. Then `enforce`
 * knows what is left. Not with a terminal, where a failed start looks like a failed command.
 */
export function presume(resolved: ResolvedPolicy, helper: string): Confinement {
  return { helper, resolved, layers: "namespaces", guarantees: "held by every layer, or not started" };
}

/** Pure: the same facts and policy give the same answer, so kernels we do not have can be tested. */
export function chooseLayers(resolved: ResolvedPolicy, facts: Probe): Layers {
  const kind = resolved.policy.type;
  if (kind === "danger-full-access" || kind === "external-sandbox") {
    throw new CodexError("internal", `the policy ${kind} is not enforced by this sandbox`);
  }
  if (facts.seccomp !== undefined) {
    throw new CodexError(
      "sandbox_unavailable",
      `the sandbox needs seccomp: ${facts.seccomp.message}. ${IN_A_CONTAINER}`,
    );
  }
  if (facts.namespaces === undefined) return "namespaces";
  const obstacle = obstacleForLandlock(resolved, facts);
  if (obstacle === undefined) return "landlock";
  const cause = causeOf(facts.namespaces, facts);
  throw new CodexError("sandbox_unavailable", `the sandbox cannot be set up: ${cause}${obstacle}`);
}

/** Why Landlock and seccomp alone do not hold the policy, with what to do; `undefined`: they do. */
function obstacleForLandlock(resolved: ResolvedPolicy, facts: Probe): string | undefined {
  if (facts.landlock < LANDLOCK_THAT_HOLDS_WRITES) return `; Landlock is ${landlockName(facts)}. ${IN_A_CONTAINER}`;
  if (resolved.denied.length > 0) return `, and unreadable paths need namespaces. ${IN_A_CONTAINER}`;
  if (resolved.writable.length === 0 || resolved.allow_missing.includes("protected-metadata")) return undefined;
  return (
    `, so .git, .codex and .agents cannot be protected. ${IN_A_CONTAINER}; or accept that with ` +
    'sandbox.allow_missing = ["protected-metadata"]'
  );
}

const IN_A_CONTAINER = "Change that; or, in a container that confines, use -s external-sandbox";

/** Which switch of the machine refused, as far as it can be known, and how to turn it. */
function causeOf(
  failure: { readonly errno: string; readonly message: string; readonly stage: string },
  facts: Probe,
): string {
  const { switches } = facts;
  if (switches.max_user_namespaces === "0") {
    return "user namespaces are switched off (sysctl user.max_user_namespaces=0)";
  }
  if (switches.unprivileged_userns_clone === "0") {
    return "user namespaces are switched off (sysctl kernel.unprivileged_userns_clone=0; set it to 1)";
  }
  if (switches.apparmor_restrict_unprivileged_userns === "1") {
    return "AppArmor restricts user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=1; set it to 0)";
  }
  if (switches.seccomp_mode === "2" && failure.stage === "namespaces") {
    return "something around this process, probably a container, refuses user namespaces";
  }
  return `${failure.message} (${failure.errno})`;
}

/** The effective guarantees as one line. */
export function describeGuarantees(facts: Probe, layers: Layers, resolved: ResolvedPolicy): string {
  const landlock = facts.landlock === 0 ? "" : `Landlock ABI ${facts.landlock}`;
  const files = layers === "namespaces" ? ["read-only mounts", landlock] : [landlock];
  return [
    `files: ${files.filter((part) => part !== "").join(" + ")}`,
    `network: ${describeNetwork(facts, layers, resolved)}`,
    "system calls: seccomp",
    ...describeHidden(layers, resolved),
    ...describeMissing(layers, resolved),
  ].join("; ");
}

function describeNetwork(facts: Probe, layers: Layers, resolved: ResolvedPolicy): string {
  if (resolved.network) return "the host's";
  if (layers === "namespaces" && facts.network === undefined) return "none, own loopback";
  return "none, no sockets";
}

function describeHidden(layers: Layers, resolved: ResolvedPolicy): readonly string[] {
  const count = resolved.denied.length + (layers === "namespaces" ? (resolved.secrets ?? []).length : 0);
  return count === 0 ? [] : [`unreadable: ${count} ${count === 1 ? "path" : "paths"}`];
}

function describeMissing(layers: Layers, resolved: ResolvedPolicy): readonly string[] {
  if (layers === "namespaces") return [];
  const [example, ...others] = resolved.secrets ?? [];
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  const secrets = example === undefined ? [] : [`known secrets, which commands CAN READ: ${example}${more}`];
  const metadata = [".git, .codex and .agents", "modes, owners and times of files outside the roots"];
  const missing = [...(resolved.writable.length === 0 ? [] : metadata), ...secrets];
  return missing.length === 0 ? [] : [`NOT protected here: ${missing.join("; ")}`];
}

function landlockName(facts: Probe): string {
  return facts.landlock === 0 ? "not there either" : `too old (ABI ${facts.landlock})`;
}
