import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const DIST = fileURLToPath(new URL("../dist/", import.meta.url));

export type Run = {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What stdin holds; `null`: a pipe that is left open and silent. Absent: /dev/null. */
  readonly stdin?: string | Uint8Array | null;
  /** Another build of the program. */
  readonly dist?: string;
};

export type Ran = {
  /** Exit code, or the signal it died of. */
  readonly code: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type Running = { readonly child: ChildProcess; readonly done: Promise<Ran> };

/** Where the built command is; `npm test` builds it. */
export function builtFolder(): string {
  if (!existsSync(`${DIST}main.js`)) throw new Error("packages/cli is not built: run `npm test`, which builds");
  return DIST;
}

/** Starts the built command with an environment of its own. */
export function startCodex(args: readonly string[], { cwd, env = {}, stdin, dist = builtFolder() }: Run = {}): Running {
  const { PATH = "", TMPDIR = "" } = process.env;
  const child = spawn(process.execPath, [`${dist}/main.js`, ...args], {
    cwd,
    env: { PATH, HOME: "/nonexistent", ...(TMPDIR === "" ? {} : { TMPDIR }), ...env },
    stdio: [stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  if (stdin !== undefined && stdin !== null) child.stdin?.end(stdin);
  const code = new Promise<Ran["code"]>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exit, signal) => resolve(exit ?? signal));
  });
  return { child, done: collect(code, child) };
}

async function collect(code: Promise<Ran["code"]>, { stdout, stderr }: ChildProcess): Promise<Ran> {
  if (stdout === null || stderr === null) throw new Error("codex was started without pipes");
  const [ended, answer, report] = await Promise.all([code, text(stdout), text(stderr)]);
  return { code: ended, stdout: answer, stderr: report };
}

export function codex(args: readonly string[], run?: Run): Promise<Ran> {
  return startCodex(args, run).done;
}
