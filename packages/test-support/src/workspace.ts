import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

/** A directory of its own, removed at the end. */
export type TemporaryFolder = AsyncDisposable & {
  /** Absolute and canonical. */
  readonly path: string;
  /** Text of a file; `undefined` when there is none. */
  read(name: string): Promise<string | undefined>;
  /** Makes missing parents. */
  write(name: string, text: string, mode?: number): Promise<void>;
};

export type WorkspaceOptions = {
  /** Path inside the workspace → text. */
  readonly files?: Readonly<Record<string, string>>;
  /** `git init`, and one commit when there are files. */
  readonly git?: boolean;
};

const run = promisify(execFile);

/** A project folder under the system's temporary directory. */
export async function workspace({ files = {}, git = false }: WorkspaceOptions = {}): Promise<TemporaryFolder> {
  const folder = await temporaryFolder("codex-workspace-");
  for (const [name, text] of Object.entries(files)) await folder.write(name, text);
  if (git) await initRepository(folder.path, { commit: Object.keys(files).length > 0 });
  return folder;
}

async function initRepository(cwd: string, { commit }: { readonly commit: boolean }): Promise<void> {
  const env = { PATH: process.env["PATH"], HOME: cwd, GIT_CONFIG_NOSYSTEM: "1" };
  const identity = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false"];
  await run("git", ["init", "-q", "-b", "main"], { cwd, env });
  if (!commit) return;
  await run("git", ["add", "-A"], { cwd, env });
  await run("git", [...identity, "commit", "-q", "-m", "start"], { cwd, env });
}

export async function temporaryFolder(prefix: string): Promise<TemporaryFolder> {
  const path = await realpath(await mkdtemp(join(tmpdir(), prefix)));
  return {
    path,
    read: (name) =>
      readFile(join(path, name), "utf8").catch((error: unknown) => {
        if (isMissing(error)) return undefined;
        throw error;
      }),
    write: async (name, text, mode) => {
      const file = join(path, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
      if (mode !== undefined) await chmod(file, mode);
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
