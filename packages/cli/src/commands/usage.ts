import { createReadStream } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import { codeOf, CodexError } from "@codex/common";
import { codexHome } from "@codex/config";
import { createCodex, UsageBook } from "@codex/core";
import { isSessionId } from "@codex/protocol";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { parse, wholeNumber, type Parsed } from "../flags.js";
import { readLines } from "../json-lines.js";
import { printParsed } from "../print-parsed.js";
import { reportPeriod, reportTree, USAGE_GROUPS, type Report, type UsageGroup } from "../usage-report.js";

type UsageFlags = {
  readonly session?: string;
  readonly last?: true;
  readonly by: UsageGroup;
  readonly since: number;
  readonly json?: true;
};

const DAY_MS = 86_400_000;
/** Longest line that is taken for one of ours. */
const MOST_CHARACTERS = 1 << 20;

function parseUsage(argv: readonly string[]): Parsed<UsageFlags> {
  const period = ["by", "since"];
  const command = new Command("codex usage")
    .description(
      "Say what was used and what it cost, from $CODEX_HOME/usage.jsonl. Cached tokens are a part of input, reasoning of output.",
    )
    .addOption(
      new Option("--session <ID>", "one session, by id or name, with its sub-agents").conflicts([...period, "last"]),
    )
    .addOption(new Option("--last", "the session that used something last").conflicts(period))
    .addOption(new Option("--by <WHAT>", "a row for each").choices(USAGE_GROUPS).default("model"))
    .option("--since <DAYS>", "how far to look back", wholeNumber, 7)
    .option("--json", "write one JSON object");
  return parse(command, argv, () => command.opts<UsageFlags>());
}

/** `codex usage` */
export async function usage(argv: readonly string[]): Promise<ExitCode> {
  const parsed = parseUsage(argv);
  if (parsed.type !== "run") return printParsed(parsed, "usage");
  const flags = parsed.value;
  const home = await codexHome(process.env);
  const report =
    flags.session !== undefined || flags.last === true ? await ofSession(home, flags) : await ofPeriod(home, flags);
  process.stdout.write(flags.json === true ? `${JSON.stringify(report.value)}\n` : report.text);
  return EXIT.ok;
}

async function ofPeriod(home: string, { since, by }: UsageFlags): Promise<Report> {
  const book = new UsageBook({ since: Date.now() - since * DAY_MS, dayOf });
  await readInto(book, home);
  return reportPeriod(book, { by, days: since });
}

async function ofSession(home: string, { session }: UsageFlags): Promise<Report> {
  const id = session === undefined || isSessionId(session) ? session : await named(session);
  const book = new UsageBook({ dayOf });
  await readInto(book, home);
  const tree = book.tree(id);
  if (tree !== undefined) return reportTree(tree, book.skipped);
  const whose = id === undefined ? "any session" : `the session ${id}`;
  throw new CodexError("session_not_found", `nothing is written down of ${whose} in ${join(home, "usage.jsonl")}`);
}

async function named(name: string): Promise<string> {
  await using codex = createCodex({ env: process.env });
  const id = await codex.named(name);
  if (id !== undefined) return id;
  throw new CodexError("session_not_found", `no session has the name ${name}`);
}

/** The older file first. */
async function readInto(book: UsageBook, home: string): Promise<void> {
  await readFileInto(book, join(home, "usage.1.jsonl"));
  await readFileInto(book, join(home, "usage.jsonl"));
}

/** It does not have to be there. */
async function readFileInto(book: UsageBook, path: string): Promise<void> {
  try {
    for await (const { text } of readLines(createReadStream(path), MOST_CHARACTERS)) {
      if (text === undefined) book.skip();
      else book.take(text);
    }
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

/** Of this machine's calendar. */
function dayOf(at: number): string {
  const date = new Date(at);
  const two = (part: number): string => String(part).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
