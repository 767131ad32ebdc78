import { posix } from "node:path";
import { CodexError } from "@codex/common";
import { KNOWN_SECRETS, policyArguments } from "@codex/linux-sandbox";
import { allowsNetwork } from "@codex/protocol";
import { capture } from "../output.js";
import type { Environment, OptionalGuarantee, ResolvedPolicy, SandboxPolicy, WritableRoot } from "@codex/protocol";
import type { HideOptions } from "@codex/linux-sandbox";
import type { Facts } from "./facts.js";

/**
 * For each path: `d` directory, `f` file, `-` nothing or closed to us; `l` after it for a symbolic link; then where it
 * leads, then the git directories that a `.git` file leads to (exec.md §4.3); each ended by NUL, an empty one last.
 */
const LOOK = `
n='
'
canon() { c=$(readlink -f -- "$1" && printf .) && c=\${c%"$n".} || c=$1; }
within() { case $1 in /*) canon "$1";; *) canon "$2/$1";; esac; }
for p in "$@"; do
  k=-
  [ -e "$p" ] && k=f
  [ -d "$p" ] && [ -x "$p" ] && k=d
  [ -L "$p" ] && k=\${k}l
  canon "$p"
  printf '%s\\0%s\\0' $k "$c"
  case $p in */.git)
    if [ -f "$p" ] && IFS= read -r g < "$p" && [ "\${g#gitdir: }" != "$g" ]; then
      within "\${g#gitdir: }" "\${p%/.git}"
      g=$c
      printf '%s\\0' "$g"
      if IFS= read -r m 2>/dev/null < "$g/commondir"; then within "$m" "$g"; printf '%s\\0' "$c"; fi
    fi;;
  esac
  printf '\\0'
done
`;

const PROTECTED_NAMES = [".git", ".codex", ".agents"];

type Found = {
  readonly kind: "directory" | "file" | "nothing";
  readonly is_link: boolean;
  readonly canonical: string;
  readonly git: readonly string[];
};

export type FarQuestion = {
  readonly policy: SandboxPolicy;
  /** Absolute, of the session. */
  readonly cwd: string;
  readonly facts: Facts;
  readonly path: string;
  readonly options: {
    readonly allow_missing: readonly OptionalGuarantee[];
    readonly hide?: Pick<HideOptions, "deny" | "known_secrets"> | undefined;
  };
};

/**
 * A policy resolved on the file system over there: see `resolvePolicy` of the sandbox. Stricter in what it takes:
 * roots are named without symbolic links, unreadable paths without wildcards. Throws `config_invalid`.
 */
export async function resolveRemotely(where: Environment, question: FarQuestion): Promise<ResolvedPolicy> {
  const { policy, cwd, options } = question;
  const rest = { policy, cwd, network: allowsNetwork(policy), allow_missing: options.allow_missing };
  const roots = rootsOf(question);
  const named = deniedOf(question);
  const secrets = secretsOf(question);
  const asked = [cwd, ...roots.map(({ path }) => path), ...named, ...secrets];
  const found = await look(where, asked, question);
  demandDirectory(cwd, found.get(cwd));
  if (policy.type === "danger-full-access" || policy.type === "external-sandbox") {
    return { ...rest, writable: [{ root: "/", read_only: [] }], denied: [] };
  }
  const open = roots.filter((root) => isUsable(root, found.get(root.path))).map(({ path }) => path);
  const metadata = open.flatMap((root) => PROTECTED_NAMES.map((name) => posix.join(root, name)));
  const kept = await look(where, metadata, question);
  const links = [...found].flatMap(([path, { is_link }]) => (is_link && !open.includes(path) ? [path] : []));
  const ends = [...kept].flatMap(([path, { canonical, git }]) => [path, canonical, ...git]);
  const canonical = (path: string): string => found.get(path)?.canonical ?? path;
  const there = secrets.filter((path) => found.get(path)?.kind !== "nothing").map(canonical);
  return {
    ...rest,
    writable: writableRoots(open, [...links, ...ends]),
    denied: [...new Set(named.map(canonical))],
    secrets: there.filter((secret) => ![cwd, ...open].some((place) => isInside(place, secret))),
  };
}

type Root = { readonly path: string; readonly is_named: boolean };

function rootsOf({ policy, cwd, facts }: FarQuestion): readonly Root[] {
  if (policy.type !== "workspace-write") return [];
  const tmpdir = policy.exclude_tmpdir_env_var ? undefined : facts.vars["TMPDIR"];
  const paths = [
    { path: cwd, is_named: true },
    ...policy.writable_roots.map((root) => ({ path: posix.resolve(cwd, root), is_named: true })),
    ...(policy.exclude_slash_tmp ? [] : [{ path: "/tmp", is_named: false }]),
    ...(tmpdir?.startsWith("/") === true ? [{ path: posix.resolve(tmpdir), is_named: false }] : []),
  ];
  return paths.filter(({ path }, index) => paths.findIndex((other) => other.path === path) === index);
}

/** A command could turn a symbolic link on the way, so a root has none. */
function isUsable({ path, is_named }: Root, found: Found | undefined): boolean {
  const is_kernel_tree = ["/proc", "/sys", "/dev"].some((tree) => isInside(path, tree));
  const is_canonical = found?.canonical === path;
  if (is_named && is_kernel_tree) {
    throw new CodexError("config_invalid", `${path} cannot be a writable root; remove it from writable_roots`);
  }
  if (is_named && !is_canonical && found !== undefined && found.kind !== "nothing") {
    throw new CodexError("config_invalid", `${path} is reached by a symbolic link: use ${found.canonical} instead`);
  }
  return is_canonical && !is_kernel_tree && (is_named ? found.kind !== "nothing" : found.kind === "directory");
}

function deniedOf({ cwd, facts, options }: FarQuestion): readonly string[] {
  return (options.hide?.deny ?? []).map((entry) => {
    if (/[*?[\]]/.test(entry)) {
      throw new CodexError("config_invalid", `unreadable paths on another machine have no wildcards: ${entry}`);
    }
    const home = facts.vars["HOME"] ?? "/";
    return entry === "~" || entry.startsWith("~/") ? posix.join(home, entry.slice(1)) : posix.resolve(cwd, entry);
  });
}

function secretsOf({ facts, options }: FarQuestion): readonly string[] {
  const home = facts.vars["HOME"];
  if (options.hide?.known_secrets === "show" || home?.startsWith("/") !== true) return [];
  return [...KNOWN_SECRETS, ".codex/auth.json"].map((name) => posix.join(home, name));
}

function demandDirectory(cwd: string, found: Found | undefined): void {
  if (found?.kind !== "directory") throw new CodexError("config_invalid", `there is no working directory ${cwd} there`);
  if (found.canonical !== cwd) {
    throw new CodexError("config_invalid", `${cwd} is reached by a symbolic link: use ${found.canonical} instead`);
  }
}

/** Shallow first. Each closed path belongs to the deepest root around it; one that is itself a root was opened. */
function writableRoots(roots: readonly string[], closed: readonly string[]): readonly WritableRoot[] {
  const sorted = [...roots].sort((one, other) => one.split("/").length - other.split("/").length);
  const ownerOf = (path: string): string | undefined => sorted.findLast((root) => isInside(path, root));
  return sorted.map((root) => ({
    root,
    read_only: [...new Set(closed)].filter((path) => !roots.includes(path) && ownerOf(path) === root).sort(),
  }));
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);
}

async function look(
  where: Environment,
  paths: readonly string[],
  { path }: FarQuestion,
): Promise<ReadonlyMap<string, Found>> {
  if (paths.length === 0) return new Map();
  const { signal } = new AbortController();
  const env = { PATH: path, LC_ALL: "C" };
  const argv = ["/bin/sh", "-c", LOOK, "codex", ...paths];
  const process = where.exec({ argv, cwd: "/", env, stdin: "closed", timeout_ms: 30_000 }, signal);
  const { head, omitted_bytes } = await capture(process.output, { signal });
  const exit = await process.exit;
  if (exit.type !== "exited" || exit.code !== 0 || omitted_bytes > 0) {
    const why = exit.type === "failed_to_start" ? exit.message : "its shell could not be asked about paths";
    throw new CodexError("sandbox_unavailable", `the policy cannot be resolved there: ${why}`);
  }
  const words = Buffer.from(head).toString().split("\0");
  return new Map(paths.map((each) => [each, take(words)]));
}

function take(words: string[]): Found {
  const [kind = "-", canonical = "", ...git] = words.splice(0, words.indexOf(""));
  words.shift();
  const first = kind.startsWith("d") ? "directory" : kind.startsWith("f") ? "file" : "nothing";
  return { kind: first, is_link: kind.endsWith("l"), canonical, git };
}

type Enforcer = { readonly host: string; readonly helper: string | undefined; readonly system: string };

/** The helper's words that hold a policy there. Throws `sandbox_unavailable`. */
export function remoteEnforcement(policy: ResolvedPolicy, { host, helper, system }: Enforcer): readonly string[] {
  if (policy.policy.type === "danger-full-access") {
    throw new CodexError("internal", "danger-full-access is not a confinement");
  }
  const otherwise = "or choose -s danger-full-access";
  if (system !== "Linux") {
    throw new CodexError(
      "sandbox_unavailable",
      `${host} runs ${system}, for which there is no sandbox: ${otherwise.slice(3)}`,
    );
  }
  if (helper === undefined) {
    const advice = `copy codex-linux-sandbox to a folder of its search path, set environment.helper, ${otherwise}`;
    throw new CodexError("sandbox_unavailable", `${host} has no sandbox helper: ${advice}`);
  }
  return [helper, "run", ...policyArguments(policy, "namespaces")];
}
