import { realpath, stat } from "node:fs/promises";
import { join, resolve } from "node:path";

import { CodexError } from "@codex/common";
import type { OptionalGuarantee, ResolvedPolicy, SandboxPolicy, WritableRoot } from "@codex/protocol";

import { isBelow, isSameOrBelow } from "./paths.js";
import { protectedPaths } from "./protected.js";

/** `tmpdir`: the value of `$TMPDIR`; `undefined` or empty: there is none. */
export type ResolveOptions = {
  readonly tmpdir: string | undefined;
  readonly allow_missing: readonly OptionalGuarantee[];
};

type Candidate = {
  readonly path: string;
  /** Named by a person, so that it may even lie inside a protected path (exec.md §4.3). */
  readonly explicit: boolean;
};

/**
 * Resolves a policy against the session's directory: canonical writable roots, shallow first, each with what stays
 * read-only inside it. Roots that do not exist are left out. Throws `config_invalid` for a root that cannot be one.
 */
export async function resolvePolicy(
  policy: SandboxPolicy,
  cwd: string,
  options: ResolveOptions,
): Promise<ResolvedPolicy> {
  const base = await realpath(cwd);
  return {
    policy,
    cwd: base,
    writable: await writableRoots(policy, base, options.tmpdir),
    denied: [],
    network: hasNetwork(policy),
    allow_missing: options.allow_missing,
  };
}

function hasNetwork(policy: SandboxPolicy): boolean {
  switch (policy.type) {
    case "danger-full-access":
      return true;
    case "read-only":
      return policy.network_access ?? false;
    case "external-sandbox":
      return policy.network_access === "enabled";
    case "workspace-write":
      return policy.network_access;
    default:
      policy satisfies never;
      return false;
  }
}

async function writableRoots(
  policy: SandboxPolicy,
  cwd: string,
  tmpdir: string | undefined,
): Promise<readonly WritableRoot[]> {
  switch (policy.type) {
    case "danger-full-access":
    case "external-sandbox":
      return [{ root: "/", read_only: [] }];
    case "read-only":
      return [];
    case "workspace-write":
      return protect(await existing(candidates(policy, cwd, tmpdir)));
    default:
      policy satisfies never;
      return [];
  }
}

function candidates(
  policy: Extract<SandboxPolicy, { type: "workspace-write" }>,
  cwd: string,
  tmpdir: string | undefined,
): readonly Candidate[] {
  const named = policy.writable_roots.map((root) => ({ path: resolve(cwd, root), explicit: true }));
  const implied = [cwd];
  if (!policy.exclude_slash_tmp) implied.push("/tmp");
  if (!policy.exclude_tmpdir_env_var && tmpdir !== undefined && tmpdir !== "") implied.push(resolve(cwd, tmpdir));
  return [...named, ...implied.map((path) => ({ path, explicit: false }))];
}

/** Canonical, without repetition, shallow first. */
async function existing(all: readonly Candidate[]): Promise<readonly Candidate[]> {
  const found = new Map<string, Candidate>();
  for (const { path, explicit } of all) {
    const canonical = await realpath(path).catch(() => undefined);
    const candidate = { path: canonical ?? path, explicit };
    if (canonical === undefined || !(await isUsable(candidate))) continue;
    const known = found.get(canonical);
    found.set(canonical, { path: canonical, explicit: explicit || known?.explicit === true });
  }
  return [...found.values()].sort((one, other) => depth(one.path) - depth(other.path));
}

/** The kernel's own trees are never writable; the helper puts its own in their place. */
async function isUsable({ path, explicit }: Candidate): Promise<boolean> {
  const system = ["/proc", "/sys", "/dev"].some((tree) => isSameOrBelow(path, tree));
  if (!system || isSameOrBelow(path, "/dev/shm")) return explicit || (await stat(path)).isDirectory();
  if (explicit)
    throw new CodexError("config_invalid", `${path} cannot be a writable root; remove it from writable_roots`);
  return false;
}

async function protect(roots: readonly Candidate[]): Promise<readonly WritableRoot[]> {
  const closed: string[] = [];
  for (const { path } of roots) closed.push(...(await protectedPaths(path)));
  const open = roots.filter(({ path, explicit }) => explicit || !closed.some((each) => isSameOrBelow(path, each)));
  return open.map(({ path: root }) => ({ root, read_only: closedIn(root, closed, open) }));
}

/** Each closed path belongs to the deepest root around it; one that is itself a root was opened on purpose. */
function closedIn(root: string, closed: readonly string[], roots: readonly Candidate[]): readonly string[] {
  const belongs = (path: string): boolean =>
    isBelow(path, root) &&
    !roots.some((other) => other.path === path || (isBelow(other.path, root) && isBelow(path, other.path)));
  return [...new Set(closed)].filter(belongs).sort();
}

function depth(path: string): number {
  return join(path, "x").split("/").length;
}
