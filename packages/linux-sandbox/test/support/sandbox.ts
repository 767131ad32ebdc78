import { execFileSync, spawn } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";

import type { SandboxPolicy } from "@codex/protocol";
import { afterAll, describe } from "vitest";

import { STATUS_FD, confine, enforce, findHelper, probe, resolvePolicy } from "../../src/index.js";
import type { Command, Confinement } from "../../src/index.js";

const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));
export const NEVER = new AbortController().signal;

/** Who runs the command. */
export type User = { readonly name: string; readonly uid: number | undefined };

const self: User = { name: "the caller", uid: undefined };
const nobody: User = { name: "uid 65534", uid: 65534 };

/** As root, everything is tried as an ordinary user too. */
export const USERS: readonly User[] = process.getuid?.() === 0 ? [self, nobody] : [self];
if (USERS.length === 1) console.warn("linux-sandbox: not root, so nothing is tried as another user");

/** Builds the helper if it is stale, as `npm start` does. */
export function buildHelper(): string {
  execFileSync(process.execPath, [join(PACKAGE, "build-native.mjs")], { stdio: "pipe" });
  return findHelper();
}

/** Why this kernel cannot hold a policy with namespaces; the reason is said once per file, loudly. */
async function missingSupport(): Promise<string | undefined> {
  const { landlock, seccomp, namespaces, network } = await probe(buildHelper(), NEVER);
  const failure = seccomp ?? namespaces ?? network;
  const reason = failure?.message ?? (landlock < 3 ? `Landlock ABI ${landlock}` : undefined);
  if (reason !== undefined) console.warn(`SKIPPED, this kernel does not support it: ${reason}`);
  return reason;
}

const missing = await missingSupport();

/** Tests that need a kernel with every layer, once for each case. Nothing else in this package is ever skipped. */
export function describeEach<T>(cases: readonly T[], name: (each: T) => string, body: (each: T) => void): void {
  for (const each of cases) describe.skipIf(missing !== undefined)(name(each), () => body(each));
}

export function describeForUsers(name: string, body: (user: User) => void): void {
  describeEach(USERS, (user) => `${name}, for ${user.name}`, body);
}

export function describeSandbox(name: string, body: () => void): void {
  describeEach([name], String, body);
}

const folders: string[] = [];

/** An empty folder that goes away with the test file, owned by who will use it. */
export function createFolder(user: User = self): string {
  const folder = mkdtempSync(join(tmpdir(), "codex-sandbox-test-"));
  folders.push(folder);
  if (user.uid !== undefined) chownSync(folder, user.uid, user.uid);
  return folder;
}

afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Two folders side by side with one file each: `root` is writable for the command, `outside` is not. */
export type Place = { readonly base: string; readonly root: string; readonly outside: string; readonly user: User };

export function createPlace(user: User): Place {
  const base = createFolder(user);
  const place = { base, root: join(base, "root"), outside: join(base, "outside"), user };
  for (const folder of [place.root, place.outside]) {
    mkdirSync(folder);
    writeFileSync(join(folder, "file"), "untouched\n", { mode: 0o644 });
    if (user.uid === undefined) continue;
    chownSync(folder, user.uid, user.uid);
    chownSync(join(folder, "file"), user.uid, user.uid);
  }
  return place;
}

export function compile(name: string): string {
  const program = join(createFolder(), name);
  const source = join(PACKAGE, "test", "native", `${name}.c`);
  execFileSync("cc", ["-O1", "-Wall", "-Wextra", "-Werror", "-o", program, source], { stdio: "pipe" });
  execFileSync("chmod", ["a+rx", join(program, ".."), program]);
  return program;
}

export type PolicyOptions = {
  readonly roots?: readonly string[];
  readonly network?: boolean;
  readonly denied?: readonly string[];
};

export function writing({ roots = [], network = false }: PolicyOptions = {}): SandboxPolicy {
  return {
    type: "workspace-write",
    writable_roots: roots,
    network_access: network,
    exclude_slash_tmp: true,
    exclude_tmpdir_env_var: true,
  };
}

/** Enforces workspace-write around one folder. */
export async function confineTo(root: string, options: PolicyOptions = {}): Promise<Confinement> {
  const resolved = await resolvePolicy(writing(options), root, { tmpdir: undefined, allow_missing: [] });
  return enforce({ ...resolved, denied: options.denied ?? [] }, findHelper(), NEVER);
}

export type Outcome = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What came on the status descriptor. */
  readonly status: string;
};

export type RunOptions = {
  readonly user?: User;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: "ignore" | number;
  /** More descriptors for the helper, from 4 on. */
  readonly extra?: readonly number[];
  readonly started?: (child: ReturnType<typeof spawn>) => void;
};

/** Runs an argument list with the status descriptor, to its end. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const uid = options.user?.uid;
  const child = spawn(argv[0] ?? "", argv.slice(1), {
    cwd: "/",
    env: { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent", LC_ALL: "C", ...options.env },
    stdio: [options.stdin ?? "ignore", "pipe", "pipe", "pipe", ...(options.extra ?? [])],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  options.started?.(child);
  const texts = ["", "", ""];
  for (const [index, stream] of [child.stdout, child.stderr, child.stdio[STATUS_FD]].entries()) {
    if (!(stream instanceof Duplex)) throw new Error("no pipe");
    stream.setEncoding("utf8").on("data", (part: string) => (texts[index] += part));
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      const [stdout = "", stderr = "", status = ""] = texts;
      resolve({ code, signal, stdout, stderr, status });
    });
  });
}

/** Runs a bash script inside `place.root`, with `$OUT` naming the folder outside. */
export async function runScript(
  place: Place,
  script: string,
  options: RunOptions & PolicyOptions = {},
): Promise<Outcome> {
  const confinement = await confineTo(place.root, options);
  const argv = confine(confinement, command(place.root, "bash", "-c", script));
  const env = { OUT: place.outside, ROOT: place.root, ...options.env };
  return run(argv, { ...options, user: place.user, env });
}

export function command(cwd: string, ...argv: readonly string[]): Command {
  return { argv, cwd, tty: false };
}

/** Everything below a folder that a command could have changed, one line each. */
export function snapshot(folder: string): string {
  return execFileSync("find", [".", "-printf", "%p %y %m %U %s %T@ %C@ %n %l\\n"], { cwd: folder, encoding: "utf8" });
}

/** The processes whose command line has the marker in it. */
export function processesWith(marker: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && commandLine(pid).includes(marker));
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return ""; // it has ended
  }
}
