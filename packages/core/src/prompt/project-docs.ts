import path from "node:path";
import type { Files, FolderDocs } from "@codex/protocol";
import { isStandIn } from "@codex/protocol";

export type ProjectDocsOptions = {
  /** Bytes over all project files; 0 turns them off (core.md §3.3). */
  readonly max_bytes: number;
  /** Names tried in each directory after AGENTS.override.md and AGENTS.md. */
  readonly fallback_names: readonly string[];
  /** A directory that holds one of these is the project's root. Empty: the root is cwd. */
  readonly root_markers: readonly string[];
};

export type FoundDocs = {
  readonly text: string;
  /** Absolute paths, and how many bytes of each are in the text. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  /** One sentence a person should see, when a file did not fit. */
  readonly warning: string | undefined;
};

/** Bytes; a larger file is taken for a mistake and passed over. */
const READ_LIMIT = 64 * 1024 * 1024;

/** AGENTS.md texts from the project's root down to `cwd`, one file a directory, joined by a blank line. */
export async function readProjectDocs(
  files: Files,
  cwd: string,
  options: ProjectDocsOptions,
  signal: AbortSignal,
): Promise<FoundDocs> {
  if (options.max_bytes <= 0) return { text: "", files: [], warning: undefined };
  const names = namesOf(options);
  const root = await findProjectRoot(files, cwd, options.root_markers, signal);
  const texts: string[] = [];
  const used: { path: string; bytes: number }[] = [];
  let left = options.max_bytes;
  let warning: string | undefined;
  for (const directory of directoriesBetween(root, cwd)) {
    const found = await readFirst(files, directory, names, signal);
    if (found === undefined || found.data.toString("utf8").trim() === "") continue;
    if (found.data.length > left) {
      warning = `${found.file} was cut: project instructions may hold ${options.max_bytes} bytes (project_doc_max_bytes)`;
    }
    const kept = found.data.subarray(0, left);
    if (kept.length > 0) {
      texts.push(kept.toString("utf8"));
      used.push({ path: found.file, bytes: kept.length });
    }
    left -= kept.length;
  }
  return { text: texts.join("\n\n"), files: used, warning };
}

/**
 * AGENTS.md texts of the folders between the project's root and some paths, outer before inner; not of those on the way
 * to `cwd`, nor of those in `told`, to which every folder that was looked into is added.
 */
export async function readDocsOnTheWay(
  files: Files,
  { paths, cwd, told }: { readonly paths: readonly string[]; readonly cwd: string; readonly told: Set<string> },
  options: ProjectDocsOptions,
  signal: AbortSignal,
): Promise<readonly FolderDocs[]> {
  // most commands stay where their session is, and nobody has to look for its root
  const elsewhere = paths.filter((target) => target !== cwd && !isBelow(target, cwd));
  if (options.max_bytes <= 0 || elsewhere.length === 0) return [];
  const root = await findProjectRoot(files, cwd, options.root_markers, signal);
  const known = new Set(directoriesBetween(root, cwd));
  const found: FolderDocs[] = [];
  for (const target of elsewhere) {
    if (!isBelow(root, target)) continue;
    for (const directory of directoriesBetween(root, target)) {
      if (known.has(directory) || told.has(directory)) continue;
      told.add(directory);
      const docs = await readFirst(files, directory, namesOf(options), signal);
      const text = docs?.data.subarray(0, options.max_bytes).toString("utf8") ?? "";
      if (text.trim() !== "") found.push({ directory, text });
    }
  }
  return found;
}

function isBelow(root: string, target: string): boolean {
  return target.startsWith(root === path.sep ? root : root + path.sep);
}

function namesOf(options: ProjectDocsOptions): readonly string[] {
  return [...new Set(["AGENTS.override.md", "AGENTS.md", ...options.fallback_names.filter(Boolean)])];
}

/** Nearest directory at or above `cwd` with a marker; `cwd` itself when there is none. */
export async function findProjectRoot(
  files: Files,
  cwd: string,
  markers: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  for (let at = cwd; markers.length > 0; at = path.dirname(at)) {
    for (const marker of markers) {
      const found = await files.stat(path.join(at, marker), signal);
      if (found !== undefined && !(found.type === "directory" && isStandIn(found.mode))) return at;
    }
    if (path.dirname(at) === at) return cwd;
  }
  return cwd;
}

export function directoriesBetween(root: string, cwd: string): readonly string[] {
  const below = path.relative(root, cwd).split(path.sep).filter(Boolean);
  return below.reduce<readonly string[]>((all, name) => [...all, path.join(all.at(-1) ?? root, name)], [root]);
}

async function readFirst(
  files: Files,
  directory: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<{ file: string; data: Buffer } | undefined> {
  for (const name of names) {
    const file = path.join(directory, name);
    const entry = await files.stat(file, signal).catch(() => undefined);
    if (entry === undefined || entry.type === "directory" || entry.type === "other") continue;
    const data = await files.read(file, READ_LIMIT, signal).catch(() => undefined);
    if (data !== undefined) return { file, data: Buffer.from(data) };
  }
  return undefined;
}
