import type { Tool, ToolCall, ToolContext, ToolOutput } from "@codex/protocol";
import * as z from "zod/mini";
import { refusalText } from "../../approvals/refusal.js";
import type { CommandResult } from "../command.js";
import { requestOf, runCommand } from "../command.js";
import { actionOf } from "../command-events.js";
import { defineTool, failure, success } from "../define.js";
import type { ShellPowers } from "../shell-powers.js";

/** Milliseconds. */
const TIMEOUT_MS = 60_000;
const DEFAULT_RESULTS = 200;
/** Characters of a line that is shown. */
const LINE_LIMIT = 400;
/** Folders that grep and find leave out; ripgrep asks the ignore files. */
const SKIPPED = [".git", "node_modules"];

const place = {
  path: z.optional(z.string().check(z.describe("Where to look; default: the working directory."))),
  limit: z.optional(z.int().check(z.gte(1), z.describe(`Most results to return. Default: ${DEFAULT_RESULTS}.`))),
};

const grepParameters = z.object({
  pattern: z.string().check(z.minLength(1), z.describe("Regular expression.")),
  include: z.optional(z.string().check(z.describe("Only files whose name matches this glob: *.ts"))),
  ...place,
});

const findParameters = z.object({
  pattern: z.string().check(z.minLength(1), z.describe("Glob of the file's name: *.test.ts")),
  ...place,
});

/** `grep_files`: lines that match, by ripgrep or else grep, run like any command. */
export function grepFilesTool(search: Search): Tool {
  return defineTool({
    name: "grep_files",
    description: "Searches file contents by a regular expression. Answers with path, line number and line.",
    parameters: grepParameters,
    parallel: true,
    run: ({ pattern, include, path: where, limit }, call, context) => {
      const folder = where ?? ".";
      const rg = ["rg", "--line-number", "--no-heading", "--with-filename", "--color=never", "--sort=path"];
      const grep = ["grep", "-rnIE", ...SKIPPED.map((name) => `--exclude-dir=${name}`)];
      const only = (flag: string): readonly string[] => (include === undefined ? [] : [`${flag}=${include}`]);
      const programs = {
        ripgrep: [...rg, ...only("--glob"), "-e", pattern, "--", folder],
        other: [...grep, ...only("--include"), "-e", pattern, "--", folder],
      };
      return run(programs, limit ?? DEFAULT_RESULTS, { call, context, search });
    },
  });
}

/** `find_files`: names that match, by ripgrep or else find. */
export function findFilesTool(search: Search): Tool {
  return defineTool({
    name: "find_files",
    description: "Finds files by a glob over their names. Answers with one path a line.",
    parameters: findParameters,
    parallel: true,
    run: ({ pattern, path: where, limit }, call, context) => {
      const folder = where ?? ".";
      const skip = SKIPPED.flatMap((name, index) => [...(index === 0 ? [] : ["-o"]), "-name", name]);
      const start = folder.startsWith("-") ? `./${folder}` : folder;
      const programs = {
        ripgrep: ["rg", "--files", "--color=never", "--sort=path", `--glob=${pattern}`, "--", folder],
        other: [
          "find",
          start,
          "-type",
          "d",
          "(",
          ...skip,
          ")",
          "-prune",
          "-o",
          "-type",
          "f",
          "-name",
          pattern,
          "-print",
        ],
      };
      return run(programs, limit ?? DEFAULT_RESULTS, { call, context, search });
    },
  });
}

type Searching = { readonly call: ToolCall; readonly context: ToolContext; readonly search: Search };

/** What the search tools of one session share: which program there is. */
export type Search = { readonly powers: ShellPowers; hasRipgrep(context: ToolContext): Promise<boolean> };

/** Looks for ripgrep once, where commands run. */
export function createSearch(powers: ShellPowers): Search {
  let found: Promise<boolean> | undefined;
  return {
    powers,
    hasRipgrep(context) {
      found ??= probe(context, powers).catch((error: unknown) => {
        found = undefined;
        throw error;
      });
      return found;
    },
  };
}

async function probe({ guard, turn, signal }: ToolContext, powers: ShellPowers): Promise<boolean> {
  const command = { argv: ["rg", "--version"], cwd: turn.settings.cwd, permissions: "default" } as const;
  const attempt = await guard.run(actionOf(command, turn.environment.id), async (where) => {
    const process = where.exec(requestOf(command, turn, powers), signal);
    await powers.follow(process.output, { signal, on_delta: () => undefined }).whole;
    return { type: "done", value: powers.exitCode(await process.exit) };
  });
  return attempt.type === "done" && attempt.value === 0;
}

type Programs = { readonly ripgrep: readonly string[]; readonly other: readonly string[] };

async function run(
  { ripgrep, other }: Programs,
  limit: number,
  { call, context, search }: Searching,
): Promise<ToolOutput> {
  const argv = (await search.hasRipgrep(context)) ? ripgrep : other;
  const command = { argv, cwd: context.turn.settings.cwd, timeout_ms: TIMEOUT_MS, permissions: "default" } as const;
  const outcome = await runCommand(command, call, context, search.powers);
  if (outcome.type === "refused") return failure(refusalText("exec command", outcome));
  return answer(outcome.result, limit);
}

function answer(result: CommandResult, limit: number): ToolOutput {
  const lines = result.text.split("\n").filter((line) => line !== "");
  if (result.exit_code > 1) return failure(lines.slice(-20).map(bounded).join("\n"));
  if (lines.length === 0) return success("nothing found");
  const shown = lines.slice(0, limit).map(bounded);
  const more = lines.length > limit ? [`(${limit} of ${lines.length} lines; narrow the search or raise limit)`] : [];
  return success([...shown, ...more].join("\n"));
}

function bounded(line: string): string {
  return line.length > LINE_LIMIT ? `${line.slice(0, LINE_LIMIT)}… (${line.length} characters)` : line;
}
