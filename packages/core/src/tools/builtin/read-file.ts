import type { Tool, TruncationPolicy } from "@codex/protocol";
import * as z from "zod/mini";
import { budgetOf } from "../../prompt/truncate.js";
import { defineTool, failure, success } from "../define.js";
import { absent, readTextFile } from "./file-text.js";

const DEFAULT_LINES = 2000;
/** Characters of one line. */
const LINE_LIMIT = 2000;

const parameters = z.object({
  path: z.string().check(z.describe("File to read; relative paths start at the working directory.")),
  offset: z.optional(z.int().check(z.gte(1), z.describe("First line, counted from 1. Default: 1."))),
  limit: z.optional(z.int().check(z.gte(1), z.describe(`Most lines to return. Default: ${DEFAULT_LINES}.`))),
});

/** `read_file`: lines of a text file with their numbers. */
export const readFileTool: Tool = defineTool({
  name: "read_file",
  description: "Reads a text file. Each line comes with its number and a tab before it.",
  parameters,
  parallel: true,
  async run(args, _call, context) {
    const found = await readTextFile(args.path, context);
    if (found.type === "failed") return found.output;
    if (found.type === "absent") return absent(found.path);
    const lines = linesOf(found.text);
    const first = args.offset ?? 1;
    if (lines.length === 0) return success("(the file is empty)");
    if (first > lines.length) return failure(`offset ${first} is behind the end: the file has ${lines.length} lines`);
    const wanted = lines.slice(first - 1, first - 1 + (args.limit ?? DEFAULT_LINES));
    return success(numbered(wanted, { first, total: lines.length, policy: context.turn.model.info.truncation }));
  },
});

/** A final line ending ends the last line; it does not begin another. */
function linesOf(text: string): readonly string[] {
  if (text === "") return [];
  const lines = text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  return text.endsWith("\n") ? lines.slice(0, -1) : lines;
}

type Window = { readonly first: number; readonly total: number; readonly policy: TruncationPolicy };

/** As many whole lines as the model's budget takes, and where to go on. */
function numbered(lines: readonly string[], { first, total, policy }: Window): string {
  const budget = budgetOf(policy);
  const shown: string[] = [];
  let size = 0;
  for (const line of lines) {
    const cut = line.length > LINE_LIMIT ? `${line.slice(0, LINE_LIMIT)}… (${line.length} characters)` : line;
    const row = `${first + shown.length}\t${cut}`;
    size += Buffer.byteLength(row) + 1;
    if (shown.length > 0 && size > budget) break;
    shown.push(row);
  }
  const next = first + shown.length;
  const more = next > total ? "" : `\n(lines ${first} to ${next - 1} of ${total}; go on with offset ${next})`;
  return shown.join("\n") + more;
}
