import path from "node:path";
import { codeOf, messageOf } from "@codex/common";
import { isStandIn } from "@codex/protocol";
import type { FileEntry, Files, Tool } from "@codex/protocol";
import * as z from "zod/mini";
import { defineTool, failure, success } from "../define.js";

const DEFAULT_ENTRIES = 200;
const DEFAULT_DEPTH = 2;
/** Entries that are looked at, so that a huge tree ends. */
const SCAN_LIMIT = 20_000;
/** Bytes of a name. */
const NAME_LIMIT = 500;

const parameters = z.object({
  dir_path: z.string().check(z.describe("Directory; relative paths start at the working directory.")),
  offset: z.optional(z.int().check(z.gte(1), z.describe("First entry, counted from 1. Default: 1."))),
  limit: z.optional(z.int().check(z.gte(1), z.describe(`Most entries to return. Default: ${DEFAULT_ENTRIES}.`))),
  depth: z.optional(z.int().check(z.gte(1), z.describe(`How many levels deep. Default: ${DEFAULT_DEPTH}.`))),
});

/** `list_dir`: a directory as an indented tree (core.md §4.2). */
export const listDirectoryTool: Tool = defineTool({
  name: "list_dir",
  description: "Lists a directory as a tree: `/` marks directories, `@` symlinks, `?` anything else that is no file.",
  parameters,
  parallel: true,
  async run(args, _call, { guard, turn, signal }) {
    const folder = path.resolve(turn.settings.cwd, args.dir_path);
    try {
      const walk: Walk = { files: await guard.files(), depth: args.depth ?? DEFAULT_DEPTH, rows: [], signal };
      await visit(await walk.files.list(folder, signal), folder, 1, walk);
      return success(page(folder, walk.rows, { first: args.offset ?? 1, limit: args.limit ?? DEFAULT_ENTRIES }));
    } catch (error) {
      signal.throwIfAborted();
      if (codeOf(error) !== "file_error") throw error;
      return failure(`cannot list ${messageOf(error)}`);
    }
  },
});

type Walk = {
  readonly files: Files;
  readonly depth: number;
  readonly rows: string[];
  readonly signal: AbortSignal;
};

async function visit(entries: readonly FileEntry[], folder: string, level: number, walk: Walk): Promise<void> {
  for (const entry of entries) {
    if (walk.rows.length >= SCAN_LIMIT) return;
    const inside = path.join(folder, entry.name);
    const below = await entriesBelow(entry, inside, level, walk);
    // a sandbox shows it only while a command runs, and it may have gone just now
    if (entry.type === "directory" && isStandIn(entry.mode) && (below ?? []).length === 0) continue;
    walk.rows.push(`${"  ".repeat(level)}${bounded(entry.name)}${markOf(entry.type)}`);
    if (below !== undefined && level < walk.depth) await visit(below, inside, level + 1, walk);
  }
}

/** `undefined`: not asked for, no directory, or none that may be read. */
async function entriesBelow(
  { type, mode }: FileEntry,
  folder: string,
  level: number,
  { files, depth, signal }: Walk,
): Promise<readonly FileEntry[] | undefined> {
  if (type !== "directory" || (level >= depth && !isStandIn(mode))) return undefined;
  try {
    return await files.list(folder, signal);
  } catch (error) {
    if (codeOf(error) !== "file_error") throw error;
    return undefined;
  }
}

function page(folder: string, rows: readonly string[], { first, limit }: { first: number; limit: number }): string {
  const shown = rows.slice(first - 1, first - 1 + limit);
  const rest = rows.length - (first - 1 + shown.length);
  const more = rest <= 0 ? [] : [`More than ${shown.length} entries found; go on with offset ${first + shown.length}`];
  return [`Absolute path: ${folder}`, ...shown, ...more].join("\n");
}

function markOf(type: FileEntry["type"]): string {
  return { file: "", directory: "/", symlink: "@", other: "?" }[type];
}

function bounded(name: string): string {
  const bytes = Buffer.from(name);
  return bytes.length <= NAME_LIMIT ? name : `${bytes.subarray(0, NAME_LIMIT).toString("utf8").replace(/�$/, "")}…`;
}
