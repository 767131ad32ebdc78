import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { temporaryFolder, workspace } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { readGitFacts, readGitInfo } from "../src/index.js";
import { processHost } from "./process-host.js";

const { signal } = new AbortController();
const { host } = processHost();

function git(cwd: string, ...args: readonly string[]): void {
  const identity = ["-c", "user.name=T", "-c", "user.email=t@example.invalid", "-c", "protocol.file.allow=always"];
  const env = { PATH: process.env["PATH"], HOME: cwd, GIT_CONFIG_NOSYSTEM: "1" };
  execFileSync("git", [...identity, ...args], { cwd, env, stdio: ["ignore", "ignore", "pipe"] });
}

/** What git's files say, which has to be what git says. */
async function facts(cwd: string) {
  const read = await readGitFacts(host.files, cwd, signal);
  expect(read).toEqual(await readGitInfo({ host, cwd, path: process.env["PATH"] }, signal));
  return read;
}

const ALL = { branch: "main", commit_hash: expect.stringMatching(/^[0-9a-f]{40}$/) };

describe("facts from git's own files are those that git tells", () => {
  it("with loose and with packed refs, on a branch with slashes, and on none", async () => {
    await using folder = await workspace({ files: { "in/a.txt": "one\n" }, git: true });
    git(folder.path, "remote", "add", "origin", "https://me:t0ken@example.invalid/x.git");
    expect(await facts(join(folder.path, "in"))).toEqual({ ...ALL, repository_url: "https://example.invalid/x.git" });
    git(folder.path, "pack-refs", "--all");
    expect(await facts(folder.path)).toMatchObject(ALL);
    git(folder.path, "checkout", "-q", "-b", "feature/x.y");
    expect(await facts(folder.path)).toMatchObject({ ...ALL, branch: "feature/x.y" });
    git(folder.path, "checkout", "-q", "--detach");
    expect((await facts(folder.path)).branch).toBeUndefined();
    git(folder.path, "config", "--unset", "remote.origin.url");
    git(folder.path, "config", "remote.backup.url", "https://example.invalid/backup.git");
    expect((await facts(folder.path)).repository_url).toBeUndefined();
  });

  it("in a worktree, and in a submodule", async () => {
    await using folder = await workspace({ files: { "a.txt": "one\n" }, git: true });
    await using elsewhere = await temporaryFolder("codex-git-");
    git(folder.path, "worktree", "add", "-q", "-b", "linked", join(elsewhere.path, "linked"));
    expect(await facts(join(elsewhere.path, "linked"))).toMatchObject({ ...ALL, branch: "linked" });
    await using outer = await workspace({ files: { "b.txt": "two\n" }, git: true });
    git(outer.path, "submodule", "add", "-q", folder.path, "sub");
    expect(await facts(join(outer.path, "sub"))).toEqual({ ...ALL, repository_url: folder.path });
  });

  it("before the first commit, and without a repository", async () => {
    await using folder = await temporaryFolder("codex-git-");
    expect(await facts(folder.path)).toEqual({});
    git(folder.path, "init", "-q", "-b", "trunk");
    expect(await facts(folder.path)).toEqual({ branch: "trunk" });
  });
});
