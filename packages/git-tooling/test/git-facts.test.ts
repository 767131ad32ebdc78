import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder, workspace } from "@codex/test-support";
import { applyDiff, diffAgainst, diffToRemote, findMainRoot, findRoot, readGitInfo, readStatus } from "../src/index.js";
import { parseStatus, withoutSecret } from "../src/index.js";
import { processHost } from "./process-host.js";

const { signal } = new AbortController();
const { host } = processHost();
const placeOf = (cwd: string) => ({ host, cwd, path: process.env["PATH"] });

function git(cwd: string, ...args: readonly string[]): string {
  const identity = ["-c", "user.name=T", "-c", "user.email=t@example.invalid", "-c", "protocol.file.allow=always"];
  const env = { PATH: process.env["PATH"], HOME: cwd, GIT_CONFIG_NOSYSTEM: "1" };
  return execFileSync("git", [...identity, ...args], { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

describe("facts of a repository", () => {
  it("are its commit, branch and origin, and the address loses its token", async () => {
    await using folder = await workspace({ files: { "a.txt": "one\n" }, git: true });
    git(folder.path, "remote", "add", "origin", "https://me:t0ken@example.invalid/x.git");
    const info = await readGitInfo(placeOf(folder.path), signal);
    const commit_hash = git(folder.path, "rev-parse", "HEAD").trim();
    expect(info).toEqual({ commit_hash, branch: "main", repository_url: "https://example.invalid/x.git" });
    git(folder.path, "checkout", "-q", "--detach");
    expect((await readGitInfo(placeOf(folder.path), signal)).branch).toBeUndefined();
  });

  it("are none outside a repository, or before its first commit", async () => {
    await using folder = await temporaryFolder("codex-git-");
    expect(await readGitInfo(placeOf(folder.path), signal)).toEqual({});
    git(folder.path, "init", "-q", "-b", "trunk");
    expect(await readGitInfo(placeOf(folder.path), signal)).toEqual({ branch: "trunk" });
  });

  it("name the root from a folder below, and the main root from a worktree", async () => {
    await using folder = await workspace({ files: { "in/a.txt": "one\n" }, git: true });
    await using elsewhere = await temporaryFolder("codex-git-");
    const linked = join(elsewhere.path, "linked");
    git(folder.path, "worktree", "add", "-q", linked);
    expect(await findRoot(host.files, join(folder.path, "in"), signal)).toBe(folder.path);
    expect(await findRoot(host.files, join(linked, "in"), signal)).toBe(linked);
    expect(await findMainRoot(host.files, join(linked, "in"), signal)).toBe(folder.path);
  });

  it("keep the user of an ssh address and drop what may be a secret", () => {
    expect(withoutSecret("ssh://git@example.invalid/x")).toBe("ssh://git@example.invalid/x");
    expect(withoutSecret("ssh://git:pw@example.invalid/x")).toBe("ssh://example.invalid/x");
    expect(withoutSecret("https://token@example.invalid/x")).toBe("https://example.invalid/x");
    expect(withoutSecret("git@example.invalid:x.git")).toBe("git@example.invalid:x.git");
  });
});

describe("status, diff and apply", () => {
  it("status tells changed, renamed and untracked paths, blanks included", async () => {
    await using folder = await workspace({
      files: { "a b.txt": "one\n", "c.txt": "long enough\nto be\nfound\n" },
      git: true,
    });
    git(folder.path, "mv", "c.txt", "d e.txt");
    await folder.write("a b.txt", "two\n");
    await folder.write("new file", "x");
    expect(await readStatus(placeOf(folder.path), signal)).toEqual([
      { path: "a b.txt", kind: "changed", index: ".", worktree: "M" },
      { path: "d e.txt", kind: "renamed", index: "R", worktree: ".", from: "c.txt" },
      { path: "new file", kind: "untracked", index: "", worktree: "" },
    ]);
    expect(parseStatus("u UU N... 100644 100644 100644 100644 a b c both sides\0")).toEqual([
      { path: "both sides", kind: "unmerged", index: "U", worktree: "U" },
    ]);
  });

  it("a diff to the remote starts at the nearest commit that the remote has, and holds untracked files", async () => {
    await using origin = await workspace({ files: { "a.txt": "one\n" }, git: true });
    await using folder = await temporaryFolder("codex-git-");
    const clone = join(folder.path, "clone");
    git(folder.path, "clone", "-q", origin.path, clone);
    const sha = git(clone, "rev-parse", "HEAD").trim();
    await folder.write("clone/a.txt", "two\n");
    git(clone, "commit", "-qam", "mine");
    await folder.write("clone/new.txt", "fresh\n");
    const found = await diffToRemote(placeOf(clone), signal);
    expect(found?.sha).toBe(sha);
    expect(found?.diff).toContain("+two");
    expect(found?.diff).toContain("+fresh");
    expect(await diffToRemote(placeOf(origin.path), signal)).toBeUndefined();
  });

  it("a diff applies, reverts, and names the path that conflicts", async () => {
    await using folder = await workspace({ files: { "a.txt": "one\n", "b.txt": "b\n" }, git: true });
    await folder.write("a.txt", "two\n");
    const diff = await diffAgainst(placeOf(folder.path), "HEAD", signal);
    git(folder.path, "checkout", "-q", "--", ".");
    expect(await applyDiff(placeOf(folder.path), { diff, mode: "check" }, signal)).toMatchObject({ clean: true });
    expect(await folder.read("a.txt")).toBe("one\n");
    expect(await applyDiff(placeOf(folder.path), { diff }, signal)).toMatchObject({ clean: true, applied: ["a.txt"] });
    expect(await folder.read("a.txt")).toBe("two\n");
    expect(await applyDiff(placeOf(folder.path), { diff, mode: "revert" }, signal)).toMatchObject({ clean: true });
    await folder.write("a.txt", "three\n");
    git(folder.path, "commit", "-qam", "other");
    const report = await applyDiff(placeOf(folder.path), { diff }, signal);
    expect(report).toMatchObject({ clean: false, conflicted: ["a.txt"], applied: [] });
    expect(readFileSync(join(folder.path, "a.txt"), "utf8")).toContain("<<<<<<<");
  });

  it("nothing that the repository has armed runs", async () => {
    await using folder = await workspace({ files: { "a.txt": "one\n", "b.txt": "b\n" }, git: true });
    const mark = join(folder.path, ".git", "mark");
    await folder.write(".git/arm.sh", `#!/bin/sh\necho "$0 $@" >> ${mark}\ncat\n`, 0o755);
    const arm = join(folder.path, ".git", "arm.sh");
    for (const hook of [
      "post-index-change",
      "applypatch-msg",
      "pre-commit",
      "post-checkout",
      "reference-transaction",
    ]) {
      await folder.write(`.git/hooks/${hook}`, `#!/bin/sh\necho ${hook} >> ${mark}\n`, 0o755);
    }
    await folder.write(".gitattributes", "*.txt filter=evil=er diff=evil merge=evil\n");
    for (const key of ["clean", "smudge", "process"]) git(folder.path, "config", `filter.evil=er.${key}`, arm);
    git(folder.path, "config", "filter.evil=er.required", "true");
    git(folder.path, "config", "merge.evil.driver", `${arm} %A`);
    for (const key of ["command", "textconv"]) git(folder.path, "config", `diff.evil.${key}`, arm);
    for (const key of ["core.fsmonitor", "core.pager", "diff.external", "credential.helper", "core.sshCommand"]) {
      git(folder.path, "config", key, arm);
    }
    await folder.write("a.txt", "two\n");
    const there = placeOf(folder.path);
    const diff = await diffAgainst(there, "HEAD", signal);
    expect(diff).toContain("+two");
    await readStatus(there, signal);
    await readGitInfo(there, signal);
    await applyDiff(there, { diff, mode: "revert" }, signal);
    await applyDiff(there, { diff }, signal);
    await folder.write("a.txt", "three\n");
    await applyDiff(there, { diff }, signal);
    expect(existsSync(mark) ? readFileSync(mark, "utf8") : "nothing ran").toBe("nothing ran");
  });
});
