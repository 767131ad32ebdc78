import path from "node:path";
import { codeOf, messageOf } from "@codex/common";
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
      await visit(folder, 1, walk);
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

/** A directory below that may not be read is shown without its entries. */
async function visit(folder: string, level: number, walk: Walk): Promise<void> {
  for (const entry of await walk.files.list(folder, walk.signal)) {
    if (walk.rows.length >= SCAN_LIMIT) return;
    walk.rows.push(`${"  ".repeat(level)}${bounded(entry.name)}${markOf(entry.type)}`);
    if (entry.type !== "directory" || level >= walk.depth) continue;
    await visit(path.join(folder, entry.name), level + 1, walk).catch((error: unknown) => {
      if (codeOf(error) !== "file_error") throw error;
    });
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
