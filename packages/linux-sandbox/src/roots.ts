import { accessSync, constants, realpathSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { resolve } from "node:path";

import { CodexError } from "@codex/common";
import type { OptionalGuarantee, ResolvedPolicy, SandboxPolicy, WritableRoot } from "@codex/protocol";

import { isBelow, isSameOrBelow } from "./paths.js";
import { followLinks, protectedPaths } from "./protected.js";
import { findHidden, withoutOpened } from "./secrets.js";
import type { HideOptions } from "./secrets.js";

/** `tmpdir`: the value of `$TMPDIR`; `undefined` or empty: there is none. */
export type ResolveOptions = HideOptions & {
  readonly tmpdir: string | undefined;
  readonly allow_missing: readonly OptionalGuarantee[];
};

type Candidate = {
  /** Canonical, once `existing` has looked. */
  readonly path: string;
  /** A root named by a person may even lie inside a protected path (exec.md §4.3). */
  readonly origin: "named" | "cwd" | "implied";
};

type Root = Candidate & {
  readonly is_directory: boolean;
  /** Symbolic links on the way from the name that was given. */
  readonly links: readonly string[];
};

/**
 * Resolves a policy against the session's directory: canonical writable roots, shallow first, each with what stays
 * read-only inside it, and what is hidden. Roots that do not exist or cannot be entered are left out. Throws
 * `config_invalid` for a root that cannot be one. Where the policy confines nothing, nothing is hidden either.
 */
export async function resolvePolicy(
  policy: SandboxPolicy,
  cwd: string,
  options: ResolveOptions,
): Promise<ResolvedPolicy> {
  const base = canonicalDirectory(cwd);
  const rest = { policy, cwd: base, network: hasNetwork(policy), allow_missing: options.allow_missing };
  if (policy.type === "danger-full-access" || policy.type === "external-sandbox") {
    return { ...rest, writable: [{ root: "/", read_only: [] }], denied: [] };
  }
  const { denied, secrets, links } = await findHidden(options, base);
  const roots = rootsOf(policy, { given: resolve(cwd), canonical: base }, options.tmpdir);
  const opened = [base, ...roots.filter(({ origin }) => origin !== "implied").map(({ path }) => path)];
  return { ...rest, writable: protect(roots, links), denied, secrets: withoutOpened(secrets, opened) };
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

type Directory = { readonly given: string; readonly canonical: string };

function canonicalDirectory(cwd: string): string {
  let canonical: string;
  try {
    canonical = realpathSync.native(cwd);
  } catch (cause) {
    throw new CodexError("config_invalid", `there is no working directory ${cwd}`, { cause });
  }
  if (statSync(canonical).isDirectory()) return canonical;
  throw new CodexError("config_invalid", `the working directory ${cwd} is not a folder`);
}

type Confined = Extract<SandboxPolicy, { type: "read-only" | "workspace-write" }>;

function rootsOf(policy: Confined, cwd: Directory, tmpdir: string | undefined): readonly Root[] {
  return policy.type === "read-only" ? [] : withoutTurns(existing(candidates(policy, cwd, tmpdir)));
}

function candidates(
  policy: Extract<SandboxPolicy, { type: "workspace-write" }>,
  cwd: Directory,
  tmpdir: string | undefined,
): readonly Candidate[] {
  const implied: string[] = [];
  if (!policy.exclude_slash_tmp) implied.push("/tmp");
  const has_tmpdir = tmpdir !== undefined && tmpdir !== "" && resolve(cwd.canonical, tmpdir) !== "/";
  if (!policy.exclude_tmpdir_env_var && has_tmpdir) implied.push(resolve(cwd.canonical, tmpdir));
  return [
    { path: cwd.given, origin: "cwd" },
    ...implied.map((path) => ({ path, origin: "implied" as const })),
    ...policy.writable_roots.map((root) => ({ path: resolve(cwd.canonical, root), origin: "named" as const })),
  ];
}

/** Shallow first, without repetition. */
function existing(all: readonly Candidate[]): readonly Root[] {
  const found = new Map<string, Root>();
  for (const candidate of all) {
    const root = look(candidate);
    if (root === undefined) continue;
    const known = found.get(root.path);
    const links = [...root.links, ...(known?.links ?? [])];
    const origin = root.origin === "implied" ? (known?.origin ?? root.origin) : root.origin;
    found.set(root.path, { ...root, links, origin });
  }
  return [...found.values()].sort((one, other) => depth(one.path) - depth(other.path));
}

/** The kernel's own trees are never writable; the helper puts its own in their place. */
function look({ path: given, origin }: Candidate): Root | undefined {
  const { links, end: path } = followLinks(given);
  const system = ["/proc", "/sys", "/dev"].some((tree) => isSameOrBelow(path, tree));
  if (system && !isSameOrBelow(path, "/dev/shm")) {
    if (origin !== "named") return undefined;
    throw new CodexError("config_invalid", `${given} cannot be a writable root; remove it from writable_roots`);
  }
  const facts = factsOf(path);
  if (facts === undefined || !(origin === "named" || facts.isDirectory())) return undefined;
  const is_directory = facts.isDirectory();
  if (is_directory && !isEnterable(path)) return undefined;
  return { path, origin, is_directory, links };
}

function factsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // below a file, or in a folder that is closed to us: not there for a command either
  }
}

function isEnterable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * A command could turn a symbolic link inside one root towards any other place, and the next command would find that
 * writable. So no root is reached through such a link: an implied one is left out, another is an error.
 */
function withoutTurns(roots: readonly Root[]): readonly Root[] {
  const turn = (root: Root): string | undefined =>
    root.links.find((link) => roots.some((other) => isBelow(link, other.path)));
  return roots.filter((root) => {
    const link = turn(root);
    if (link === undefined) return true;
    if (root.origin === "implied") return false;
    throw new CodexError(
      "config_invalid",
      `a sandboxed command could change the symbolic link ${link}: use ${root.path} itself instead`,
    );
  });
}

/** `more`: what else stays as it is. */
function protect(roots: readonly Root[], more: readonly string[]): readonly WritableRoot[] {
  const closed = [...more];
  for (const { path, is_directory } of roots) if (is_directory) closed.push(...protectedPaths(path));
  const open = roots.filter(
    ({ path, origin }) => origin === "named" || !closed.some((each) => isSameOrBelow(path, each)),
  );
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
  return path === "/" ? 1 : path.split("/").length;
}
