import type { Grant } from "@codex/protocol";
import { isBroadPrefix } from "./broad-prefixes.js";
import { wouldAllow } from "./rule-verdict.js";
import { baseName } from "./shell/wrapper.js";
import { readCommand } from "./shell/reading.js";

/** Programs whose second word names what they do. */
const HAVE_SUBCOMMANDS: ReadonlySet<string> = new Set(
  (
    "git gh npm pnpm yarn bun deno cargo go rustup docker podman kubectl helm pip pip3 uv poetry pipenv apt apt-get " +
    "apt-cache dnf brew systemctl journalctl dotnet mvn gradle gradlew bundle gem rails rake mix composer terraform " +
    "aws gcloud az flutter dart swift xcodebuild make just task turbo nx lerna ruff"
  ).split(" "),
);

/** A word that names a thing to do, not a file, a number or an option. */
const NAME = /^[A-Za-z][A-Za-z0-9:_-]*$/;
const EARLIER_LIMIT = 1000;

export type GrantRequest = {
  readonly argv: readonly string[];
  /** The model's own proposal, already found fit to be offered. */
  readonly suggestion: readonly string[] | undefined;
  /** Argument vectors run before in this session, as given to the environment. */
  readonly earlier: readonly (readonly string[])[];
};

/**
 * Rules that would allow this command, the narrowest first: these words, the program with its subcommand, and the
 * prefix: what the model proposed, else the words before the first option, file or value. None that would allow nearly
 * anything. Each says how many earlier commands of the session it would have matched.
 */
export function grantsFor(request: GrantRequest): readonly Grant[] {
  const { argv, suggestion } = request;
  const candidates: readonly (readonly [Grant["width"], readonly string[] | undefined])[] = [
    ["exact", argv],
    ["subcommand", subcommandOf(argv)],
    ["prefix", suggestion ?? prefixOf(argv)],
  ];
  const offered = candidates.flatMap(([width, pattern]) =>
    pattern === undefined || isBroadPrefix(pattern) || !wouldAllow(pattern, argv) ? [] : [{ width, pattern }],
  );
  const distinct = offered.filter(
    (grant, index) => offered.findIndex((other) => isEqual(other.pattern, grant.pattern)) === index,
  );
  if (distinct.length === 0) return [];
  const earlier = request.earlier.slice(-EARLIER_LIMIT).map(commandsOf);
  return distinct.map((grant) => ({
    ...grant,
    would_have_matched: earlier.filter((commands) => commands.some((words) => startsWith(words, grant.pattern))).length,
  }));
}

/** What rules are asked about: the commands of a plain script, else the argument vector itself. */
function commandsOf(argv: readonly string[]): readonly (readonly string[])[] {
  const reading = readCommand(argv);
  return reading.type === "unknown" ? [argv] : reading.commands.map((command) => command.argv);
}

export function startsWith(words: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((word, index) => words[index] === word);
}

function isEqual(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && startsWith(left, right);
}

/** `npm run test` takes three words, since `npm run` alone would allow every script. */
function subcommandOf(argv: readonly string[]): readonly string[] | undefined {
  const rest = argv.slice(1);
  if (!hasSubcommands(argv)) return undefined;
  for (let length = 1; length <= 2 && NAME.test(rest[length - 1] ?? ""); length += 1) {
    const pattern = argv.slice(0, length + 1);
    if (!isBroadPrefix(pattern)) return pattern;
  }
  return undefined;
}

function prefixOf(argv: readonly string[]): readonly string[] | undefined {
  if (!hasSubcommands(argv)) return argv.slice(0, 1);
  const end = argv.findIndex((word, index) => index > 0 && !NAME.test(word));
  return end > 1 ? argv.slice(0, end) : undefined;
}

function hasSubcommands([program = ""]: readonly string[]): boolean {
  return HAVE_SUBCOMMANDS.has(baseName(program));
}
