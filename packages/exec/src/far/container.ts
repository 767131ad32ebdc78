import { lstatSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CodexError, codeOf } from "@codex/common";
import type { ResolvedPolicy } from "@codex/protocol";

/** Ids of this machine, which the container's processes have; `undefined`: the image's own (no such ids here). */
export type ContainerUser = { readonly uid: number; readonly gid: number } | undefined;

type Mount = { readonly source: string; readonly target: string; readonly mode: "rw" | "ro" };

/** What is mounted for a policy. Disposing it removes what had to be made on this machine. */
export type Mounts = Disposable & { readonly list: readonly Mount[] };

/** Processes and threads of a container. */
const MOST_PROCESSES = 4096;
/** Writable in every container; the runner's directory is in the first. */
const OWN_FOLDERS = ["/run/codex"];

/**
 * The mounts of a policy: writable roots, without what stays read-only in them; the session's directory; an empty
 * thing over what may not be read and exists. `/tmp` is the container's own, so nothing is mounted for it. A protected
 * name that does not exist yet gets an empty directory, since a mount needs a place. Throws `sandbox_unavailable`.
 */
export function openMounts(policy: ResolvedPolicy, temporary: string): Promise<Mounts> {
  const made: string[] = [];
  // only made for a cover: whoever is killed leaves what was made
  let folder: string | undefined;
  const dispose = (): void => {
    for (const path of made.splice(0)) removeIfEmpty(path);
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  };
  try {
    const roots = policy.writable.filter(({ root }) => root !== "/tmp");
    const list: Mount[] = [];
    if (!roots.some(({ root }) => isInside(policy.cwd, root))) list.push(bind(policy.cwd, "ro"));
    for (const { root, read_only } of roots) {
      list.push(bind(root, "rw"));
      for (const path of read_only) list.push(protect(path, made));
    }
    const seen = list.map(({ target }) => target);
    for (const path of [...policy.denied, ...(policy.secrets ?? [])]) {
      const found = statSync(path, { throwIfNoEntry: false });
      if (found === undefined || !seen.some((target) => isInside(path, target))) continue;
      folder ??= mkdtempSync(join(temporary, "codex-container-"));
      list.push(cover(path, found.isDirectory() ? "folder" : "file", folder));
    }
    return Promise.resolve({ list: list.sort(shallowFirst), [Symbol.dispose]: dispose });
  } catch (error) {
    dispose();
    throw error;
  }
}

function bind(path: string, mode: Mount["mode"]): Mount {
  if (path === "/") {
    throw new CodexError("sandbox_unavailable", "a container cannot have / of this machine: choose a folder below it");
  }
  return { source: path, target: path, mode };
}

function protect(path: string, made: string[]): Mount {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isSymbolicLink() === true) {
    throw new CodexError("sandbox_unavailable", `${path} is a symbolic link, which a container cannot protect`);
  }
  if (found === undefined) {
    mkdirSync(path, { mode: 0o755 });
    made.push(path);
  }
  return bind(path, "ro");
}

/** Even root has no right to look behind mode 0 in a container without capabilities. */
function cover(path: string, kind: "folder" | "file", folder: string): Mount {
  const source = join(folder, kind);
  if (statSync(source, { throwIfNoEntry: false }) === undefined) {
    if (kind === "folder") mkdirSync(source, { mode: 0 });
    else writeFileSync(source, "", { mode: 0 });
  }
  return { source, target: path, mode: "ro" };
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT" && codeOf(error) !== "ENOTEMPTY" && codeOf(error) !== "ENOTDIR") throw error;
  }
}

function shallowFirst(one: Mount, other: Mount): number {
  return one.target.split("/").length - other.target.split("/").length;
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

export type Container = { readonly mounts: Mounts; readonly user: ContainerUser; readonly image: string };

/** The options of `run`, and the image. The engine removes the container when its first process ends. */
export function containerArguments(policy: ResolvedPolicy, { mounts, user, image }: Container): readonly string[] {
  const is_open = policy.policy.type === "danger-full-access";
  const has_scratch = policy.writable.some(({ root }) => root === "/tmp");
  return [
    "--rm",
    "--interactive",
    "--init",
    "--pull=never",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    `--pids-limit=${MOST_PROCESSES}`,
    ...(user === undefined ? [] : [`--user=${user.uid}:${user.gid}`]),
    ...(policy.network ? [] : ["--network=none"]),
    ...(is_open ? [] : ["--read-only"]),
    ...OWN_FOLDERS.map((path) => `--tmpfs=${path}:rw,nosuid,nodev,mode=1777`),
    ...(has_scratch ? ["--tmpfs=/tmp:rw,exec,nosuid,nodev,mode=1777"] : []),
    ...mounts.list.map((mount) => `--mount=${mountField(mount)}`),
    `--workdir=${policy.cwd}`,
    image,
  ];
}

/** The engine reads a line of CSV. */
function mountField({ source, target, mode }: Mount): string {
  const fields = ["type=bind", `source=${source}`, `target=${target}`, ...(mode === "ro" ? ["readonly"] : [])];
  return fields.map((field) => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(",");
}
