import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, it, vi } from "vitest";

import { confine, readStatus } from "../src/index.js";
import {
  command,
  confineTo,
  createFolder,
  createPlace,
  describeForUsers,
  processesWith,
  run,
  runScript,
} from "./support/sandbox.js";
import type { Place, User } from "./support/sandbox.js";

async function git(place: Place, cwd: string, ...words: readonly string[]): Promise<void> {
  const env = { HOME: place.base, PATH: process.env["PATH"] ?? "", GIT_CONFIG_NOSYSTEM: "1" };
  const identity = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "protocol.file.allow=always"];
  const uid = place.user.uid;
  const child = spawn("git", [...identity, ...words], { cwd, env, stdio: "pipe", ...(uid && { uid, gid: uid }) });
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (part: string) => (text += part));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`git ${words.join(" ")}: ${text}`);
}

async function createRepository(user: User): Promise<Place> {
  const place = createPlace(user);
  await git(place, place.root, "init", "-q", "-b", "main");
  await git(place, place.root, "add", "file");
  await git(place, place.root, "commit", "-q", "-m", "one");
  return place;
}

/** Milliseconds. */
const SOON = { timeout: 10_000, interval: 2 };
const DENIED = /Read-only file system|Permission denied|Device or resource busy|cross-device/;

describeForUsers("metadata of a root", (user) => {
  it.each([
    "echo x > .git/hooks/pre-commit",
    "echo x >> .git/config",
    "echo x > .git/new",
    "rm -rf .git",
    "mv .git other",
    "mv .git/config .git/other",
    "mkdir fake && mv -T fake .git",
    "ln -s .git link && echo x > link/hooks/new",
    "chmod 777 .git/config",
    "ln .git/config link && echo x > link",
    "git -c core.hooksPath=/dev/null commit --allow-empty -m two",
    "mkdir .git/worktrees",
  ])("stays as it is when a command tries: %s", async (script) => {
    const place = await createRepository(user);
    const config = readFileSync(join(place.root, ".git/config"), "utf8");
    const { code, stderr } = await runScript(place, script, { env: { HOME: place.root } });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(DENIED);
    expect(readFileSync(join(place.root, ".git/config"), "utf8")).toBe(config);
    expect(existsSync(join(place.root, ".git/new"))).toBe(false);
  });

  it("stays readable", async () => {
    const place = await createRepository(user);
    const script = "echo x >> file; git status --porcelain && git log --oneline && git diff --stat && git stash list";
    const { code, stdout } = await runScript(place, script, { env: { HOME: place.root } });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(" M file") });
  });

  it("stays as it is where .git points to a linked worktree's directory in another root", async () => {
    const place = await createRepository(user);
    const tree = join(place.base, "tree");
    await git(place, place.root, "worktree", "add", "-q", tree);
    const name = join(place.root, ".git");
    for (const path of ["HEAD", "worktrees/tree/HEAD", "hooks/new", "config"]) {
      const script = `echo x > ${name}/${path}`;
      const { code, stderr } = await runScript({ ...place, root: tree }, script, { roots: [place.base] });
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(DENIED) });
    }
    const pointer = await runScript({ ...place, root: tree }, "echo x > .git; rm .git", { roots: [place.base] });
    expect(pointer.code).toBe(1);
  });

  it("cannot be moved away with a folder on the way to it", async () => {
    const place = await createRepository(user);
    await runScript(place, "mkdir -p deep/er");
    await git(place, place.root, "init", "-q", "--separate-git-dir", join(place.root, "deep/er/git"));
    const rename = (path: string): string => `python3 -c 'import os; os.rename("${path}", "away")'`;
    const scripts = [rename("deep"), rename("deep/er"), rename("deep/er/git"), "echo x > deep/er/git/config"];
    for (const script of scripts) {
      const { code, stderr } = await runScript(place, script);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(DENIED) });
    }
    expect(await runScript(place, "echo x > deep/beside && echo x > deep/er/beside")).toMatchObject({ code: 0 });
  });

  it("holds through a symbolic link named .git", async () => {
    const place = createPlace(user);
    mkdirSync(join(place.root, "real"));
    symlinkSync("real", join(place.root, ".git"));
    for (const script of [
      "echo x > .git/config",
      "echo x > real/config",
      "rm .git",
      "mv real other",
      "ln -sfn . .git",
    ]) {
      const { code, stderr } = await runScript(place, script);
      expect({ script, code, stderr }).toEqual({ script, code: 1, stderr: expect.stringMatching(DENIED) });
    }
    expect(readdirSync(join(place.root, "real"))).toEqual([]);
  });

  it.each([".git", ".codex", ".agents"])("cannot be created as %s, and nothing is left behind", async (name) => {
    const place = createPlace(user);
    const before = readdirSync(place.root);
    const attempts = [
      `mkdir ${name}`,
      `echo x > ${name}`,
      `ln -s . ${name}`,
      `mkdir -p ${name}/x`,
      `mv file ${name}/x`,
    ];
    for (const script of [...attempts, `rmdir ${name} && mkdir ${name}`, `mkdir x && mv -T x ${name}`]) {
      const { code, stderr } = await runScript(place, `${script}`);
      expect({ script, code, stderr }).toEqual({ script, code: 1, stderr: expect.stringMatching(/./) });
    }
    expect(readdirSync(place.root)).toEqual(expect.arrayContaining(before));
    expect(existsSync(join(place.root, name))).toBe(false);
  });

  it("cannot be created by git, while the repository around is still found", async () => {
    const place = await createRepository(user);
    const inner = join(place.root, "inner");
    await runScript(place, "mkdir inner");
    const script = "git rev-parse --show-toplevel && ! git init -q 2> /dev/null";
    const { code, stdout } = await runScript({ ...place, root: inner }, script, { env: { HOME: place.base } });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${place.root}\n` });
    expect(readdirSync(inner)).toEqual([]);
  });

  it.each(["as early as can be", "later"])("leaves nothing behind when the helper is killed %s", async (when) => {
    const place = createPlace(user);
    const marker = `31.${process.pid}${user.uid ?? 0}${when.length}`;
    const least = when === "later" ? 5 : 0;
    const outcome = await runScript(place, `sleep ${marker} & test -d .git && wait`, {
      started: (child) =>
        void vi
          .waitUntil(() => processesWith(marker).length >= least && existsSync(join(place.root, ".git")), SOON)
          .then(() => child.kill("SIGKILL")),
    });
    expect(outcome.signal).toBe("SIGKILL");
    await vi.waitUntil(() => processesWith(marker).length === 0 && readdirSync(place.root).length === 1, SOON);
    expect(readdirSync(place.root)).toEqual(["file"]);
  });

  it("stays closed for the rest while one of two commands at the same place ends", async () => {
    const place = createPlace(user);
    const first = runScript(place, "until test -e done; do :; done; mkdir .git");
    await vi.waitUntil(() => existsSync(join(place.root, ".git")), SOON);
    for (let round = 0; round < 5; round++) expect(await runScript(place, "true")).toMatchObject({ code: 0 });
    expect(existsSync(join(place.root, ".git"))).toBe(true);
    expect(await runScript(place, "touch done")).toMatchObject({ code: 0 });
    expect(await first).toMatchObject({ code: 1 });
    expect(readdirSync(place.root)).toEqual(["done", "file"]);
  });

  it("starts twenty commands at one place at once, and all is clean afterwards", async () => {
    const place = createPlace(user);
    const scripts = Array.from({ length: 20 }, () => runScript(place, "mkdir .git || mkdir .codex/x"));
    for (const outcome of await Promise.all(scripts)) expect(outcome).toMatchObject({ code: 1, status: "" });
    expect(readdirSync(place.root)).toEqual(["file"]);
  });

  it("is refused, not skipped, where it cannot be protected", async () => {
    const place = createPlace(user);
    await runScript(place, "chmod 555 .");
    expect(readdirSync(place.root)).toEqual(["file"]);
    const { code, status } = await runScript(place, "chmod 755 . && mkdir .git && echo x > .git/config");
    if (user.uid === undefined) return expect(code).not.toBe(0);
    expect(code).toBe(125);
    expect(readStatus(status)).toMatchObject({ code: "sandbox_unavailable" });
  });

  it("is open where a person named it as a root", async () => {
    const place = await createRepository(user);
    const hooks = join(place.root, ".git/hooks");
    const script = "echo x > .git/hooks/new && ! echo x > .git/config";
    expect(await runScript(place, script, { roots: [hooks] })).toMatchObject({ code: 0 });
  });
});

describeForUsers("unreadable paths", (user) => {
  it.each([
    "cat $OUT/file",
    "ls $OUT",
    "cat < $OUT/file",
    "ln -s $OUT link && cat link/file",
    "cat /proc/self/root$OUT/file",
    "cd $OUT",
    "chmod 755 $OUT; ls $OUT",
    "cp $OUT/file copy",
    "cat secret",
    "chmod 644 secret; cat secret",
    "rm secret",
    "mv secret other",
    "ln secret other; cat other",
    "echo x > secret",
  ])("stay so when a command tries: %s", async (script) => {
    const place = createPlace(user);
    const secret = join(place.root, "secret");
    writeFileSync(secret, "secret\n", { mode: 0o644 });
    const { code, stdout, stderr } = await runScript(place, script, { denied: [place.outside, secret] });
    expect(code).not.toBe(0);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/Permission denied|not permitted|Read-only|busy|cross-device/);
    expect(readFileSync(secret, "utf8")).toBe("secret\n");
  });

  it("stay so for the folder the helper was started in", async () => {
    const place = createPlace(user);
    const { helper, resolved, layers } = await confineTo(place.root, { denied: [place.outside] });
    const argv = confine({ helper, resolved, layers, guarantees: "" }, command("/", "cat", "file"));
    const without_cwd = argv.filter((_word, index) => argv[index] !== "--cwd" && argv[index - 1] !== "--cwd");
    const { code, stdout } = await run(["env", "-C", place.outside, ...without_cwd], { user });
    expect({ code, stdout }).toEqual({ code: 127, stdout: "" });
  });

  it("let through to a root below them", async () => {
    const place = createPlace(user);
    const inner = join(place.outside, "a/b");
    mkdirSync(inner, { recursive: true });
    await run(["chmod", "-R", "a+rwX", place.outside]);
    const script = "echo x > $OUT/a/b/new && ! ls $OUT && ! ls $OUT/a && ! cat $OUT/file && ! mkdir $OUT/new";
    const outcome = await runScript(place, script, { roots: [inner], denied: [place.outside] });
    expect(outcome).toMatchObject({ code: 0, stdout: "" });
    expect(readdirSync(createFolder())).toEqual([]);
    expect(readFileSync(join(inner, "new"), "utf8")).toBe("x\n");
  });
});
