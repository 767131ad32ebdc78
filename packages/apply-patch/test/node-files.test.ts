import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { applyPlan, nodeFiles, parsePatch, planPatch } from "../src/index.js";
import { noAbort, patchOf } from "./memory-files.js";

let root = "";
beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), "apply-patch-"));
});
afterEach(async () => {
  await fs.rm(root, { recursive: true, force: true });
});

const at = (name: string) => join(root, name);
const files = nodeFiles();

async function apply(...lines: readonly string[]) {
  const plan = await planPatch(parsePatch(patchOf(...lines)), files, { cwd: root }, noAbort);
  return applyPlan(plan, files, noAbort);
}

/** Every name with its kind, mode, inode and content or link target. */
async function fingerprint(): Promise<unknown> {
  const entries = (await fs.readdir(root, { recursive: true })).sort();
  return Promise.all(
    entries.map(async (name) => {
      const stats = await fs.lstat(at(name));
      const content = stats.isFile() ? await fs.readFile(at(name), "utf8") : "";
      const link = stats.isSymbolicLink() ? await fs.readlink(at(name)) : "";
      return { name, mode: stats.mode, ino: stats.isFile() ? stats.nlink : 0, content, link };
    }),
  );
}

describe("real files", () => {
  test("an updated file keeps its mode, and its directory holds nothing else", async () => {
    await fs.writeFile(at("run"), "#!/bin/sh\n");
    await fs.chmod(at("run"), 0o4751);
    expect(await apply("*** Update File: run", "+true")).toEqual({ type: "applied", leftovers: [] });
    expect((await fs.stat(at("run"))).mode & 0o7777).toBe(0o4751);
    expect(await fs.readdir(root)).toEqual(["run"]);
  });
  test("a moved file keeps its mode", async () => {
    await fs.writeFile(at("run"), "a\n", { mode: 0o755 });
    await apply("*** Update File: run", "*** Move to: bin/run", "-a", "+b");
    expect((await fs.stat(at("bin/run"))).mode & 0o777).toBe(0o755);
    expect(await fs.readFile(at("bin/run"), "utf8")).toBe("b\n");
  });
  test("an update through a symlink changes the file and keeps the link", async () => {
    await fs.mkdir(at("real"));
    await fs.writeFile(at("real/f"), "a\n");
    await fs.symlink("real/f", at("link"));
    await apply("*** Update File: link", "-a", "+b");
    expect(await fs.readlink(at("link"))).toBe("real/f");
    expect(await fs.readFile(at("real/f"), "utf8")).toBe("b\n");
  });
  test("an update of a file with several names changes all of them and keeps them one file", async () => {
    await fs.writeFile(at("a"), "a long old content\n");
    await fs.link(at("a"), at("b"));
    await apply("*** Update File: a", "-a long old content", "+b");
    expect(await fs.readFile(at("b"), "utf8")).toBe("b\n");
    expect((await fs.stat(at("a"))).ino).toBe((await fs.stat(at("b"))).ino);
    expect((await fs.readdir(root)).sort()).toEqual(["a", "b"]);
  });
  test("a deleted or moved symlink is removed, not what it points to", async () => {
    await fs.writeFile(at("f"), "f\n");
    for (const name of ["one", "two"]) await fs.symlink("f", at(name));
    await apply("*** Delete File: one", "*** Update File: two", "*** Move to: three", "-f", "+F");
    expect((await fs.readdir(root)).sort()).toEqual(["f", "three"]);
    expect(await fs.readFile(at("f"), "utf8")).toBe("f\n");
    expect((await fs.lstat(at("three"))).isFile()).toBe(true);
  });
  test("a file is not added through a symlink that leads nowhere", async () => {
    await fs.symlink("nowhere", at("link"));
    await expect(apply("*** Add File: link", "+x")).rejects.toThrow("a symbolic link to nothing");
    await expect(apply("*** Update File: link", "+x")).rejects.toThrow("no such file");
  });
  test("a named pipe is refused at once", async () => {
    execFileSync("mkfifo", [at("pipe")]);
    await expect(apply("*** Update File: pipe", "+x")).rejects.toThrow("not a regular file");
    await expect(apply("*** Delete File: pipe")).rejects.toThrow("not a file");
  });
  test("two names of one file in one patch are noticed before the second would undo the first", async () => {
    await fs.mkdir(at("real"));
    await fs.writeFile(at("real/f"), "a\nb\n");
    await fs.symlink("real", at("link"));
    const report = await apply("*** Update File: real/f", "-a", "+A", "*** Update File: link/f", "-b", "+B");
    expect(report).toMatchObject({ type: "failed", error: { code: "stale" } });
    expect(await fs.readFile(at("real/f"), "utf8")).toBe("a\nb\n");
  });
  test("a failure in the middle gives files, modes, links and directories back", async () => {
    await fs.writeFile(at("run"), "a\n", { mode: 0o755 });
    await fs.writeFile(at("x"), "x\n");
    await fs.link(at("x"), at("y"));
    await fs.symlink("x", at("link"));
    await fs.writeFile(at("file"), "in the way\n");
    const before = await fingerprint();
    const report = await apply(
      ...["*** Delete File: run", "*** Delete File: link", "*** Update File: x", "*** Move to: p/q/x", "-x", "+X"],
      ...["*** Add File: deep/er/n", "+n", "*** Add File: file/child", "+x"],
    );
    expect(report).toMatchObject({ type: "failed", error: { code: "file_error" }, leftovers: [] });
    expect(await fingerprint()).toEqual(before);
  });
});
