import type { Environment, ExitStatus } from "@codex/protocol";
import { CodexError, withTimeout } from "@codex/common";

/** Where git runs: a place for programs, a directory, and the `PATH` that finds git. */
export type GitPlace = {
  readonly host: Environment;
  /** Absolute. */
  readonly cwd: string;
  readonly path?: string | undefined;
};

export type GitOutput = {
  readonly exit: ExitStatus;
  /** Undefined unless git ended by itself. */
  readonly code: number | undefined;
  readonly stdout: Uint8Array;
  readonly stderr: string;
};

/** Bytes of one answer; more is an error. */
const MAX_OUTPUT = 64 << 20;
/** Milliseconds. */
export const DEFAULT_LIMIT = 60_000;

/** Key and value. */
export type Setting = readonly [string, string];

/**
 * What a repository's own configuration could have git start, switched off: hooks, the file system monitor, pagers,
 * external diffs, credential helpers, transports. Filters and merge drivers go by name: see `disarm`.
 */
const HARMLESS: readonly Setting[] = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.untrackedCache", "keep"],
  ["core.pager", "cat"],
  ["core.attributesFile", "/dev/null"],
  ["core.editor", "false"],
  ["core.askPass", ""],
  ["core.sshCommand", "false"],
  ["credential.helper", ""],
  ["diff.external", ""],
  ["diff.ignoreSubmodules", "dirty"],
  ["gpg.program", "false"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["protocol.allow", "never"],
  ["submodule.recurse", "false"],
];

/** The whole environment of git: nothing of ours reaches it, and no configuration but the repository's. */
function varsOf(place: GitPlace, settings: readonly Setting[]): Readonly<Record<string, string>> {
  const all = [...HARMLESS, ...settings];
  // not as `-c`, where a name with an equals sign in it would be cut
  const numbered = all.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key] as const,
    [`GIT_CONFIG_VALUE_${index}`, value] as const,
  ]);
  return {
    ...Object.fromEntries(numbered),
    GIT_CONFIG_COUNT: String(all.length),
    PATH: place.path ?? "/usr/local/bin:/usr/bin:/bin",
    LC_ALL: "C",
    HOME: "/nonexistent",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    GIT_NO_REPLACE_OBJECTS: "1",
  };
}

export type GitRequest = {
  readonly args: readonly string[];
  readonly settings?: readonly Setting[];
  /** More variables, such as another index. */
  readonly vars?: Readonly<Record<string, string>>;
  readonly stdin?: Uint8Array;
  readonly limit_ms?: number;
};

/**
 * One git command in which nothing of the user's repository runs. A git that fails is a value; output beyond the
 * bound and an abort throw.
 */
export async function runGit(place: GitPlace, request: GitRequest, signal: AbortSignal): Promise<GitOutput> {
  using limited = withTimeout(signal, request.limit_ms ?? DEFAULT_LIMIT);
  const child = place.host.exec(
    {
      argv: ["git", "--no-pager", ...request.args],
      cwd: place.cwd,
      env: { ...varsOf(place, request.settings ?? []), ...request.vars },
      stdin: request.stdin === undefined ? "closed" : "pipe",
    },
    limited.signal,
  );
  const fed = feed(child, request.stdin);
  const parts = { stdout: new Array<Uint8Array>(), stderr: new Array<Uint8Array>() };
  let size = 0;
  for await (const { stream, data } of child.output) {
    size += data.length;
    if (size > MAX_OUTPUT) {
      child.kill("SIGKILL");
      throw new CodexError("file_error", `git ${request.args[0]} says more than ${MAX_OUTPUT >> 20} MiB`);
    }
    parts[stream].push(data);
  }
  await fed;
  const exit = await child.exit;
  signal.throwIfAborted();
  return {
    exit,
    code: exit.type === "exited" ? exit.code : undefined,
    stdout: Buffer.concat(parts.stdout),
    stderr: Buffer.concat(parts.stderr).toString("utf8"),
  };
}

async function feed(child: ReturnType<Environment["exec"]>, data: Uint8Array | undefined): Promise<void> {
  if (data === undefined) return;
  try {
    await child.write(data);
  } catch {
    // it ended before it read everything; its exit says why
    return;
  }
  child.closeInput();
}

/** Text of a command that went well, without the line's end; `undefined`: it did not. */
export async function askGit(
  place: GitPlace,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const { code, stdout } = await runGit(place, { args, limit_ms: FACT_LIMIT }, signal);
  return code === 0 ? Buffer.from(stdout).toString("utf8").trim() : undefined;
}

/** Milliseconds for one fact (exec.md §7.2). */
const FACT_LIMIT = 5000;

/**
 * Settings that take the teeth out of the filters and merge drivers that this repository configures: filters pass
 * content through as it is, drivers become git's own text merge.
 */
export async function disarm(place: GitPlace, signal: AbortSignal): Promise<readonly Setting[]> {
  const args = ["config", "--includes", "--name-only", "-z", "--get-regexp", "^(filter|merge)\\..+\\.[a-z]+$"];
  const { code, stdout } = await runGit(place, { args, limit_ms: FACT_LIMIT }, signal);
  if (code !== 0) return [];
  const keys = Buffer.from(stdout).toString("utf8").split("\0").filter(Boolean);
  const names = (section: string): readonly string[] => [
    ...new Set(keys.filter((key) => key.startsWith(`${section}.`)).map((key) => key.slice(0, key.lastIndexOf(".")))),
  ];
  return [
    ...names("filter").flatMap((name) => FILTER_KEYS.map(([key, value]): Setting => [`${name}.${key}`, value])),
    ...names("merge").map((name): Setting => [`${name}.driver`, "git merge-file %A %O %B"]),
  ];
}

const FILTER_KEYS = [
  ["clean", ""],
  ["smudge", ""],
  ["process", ""],
  ["required", "false"],
] as const;
