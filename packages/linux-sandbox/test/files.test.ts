import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chmodSync, chownSync, linkSync, lstatSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { readlinkSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import { codeOf } from "@codex/common";
import type { Files } from "@codex/protocol";
import { afterEach, expect, it, vi } from "vitest";

import { connectFiles, fileServer } from "../src/index.js";
import { NEVER, confineTo, createPlace, describeForUsers, runScript } from "./support/sandbox.js";
import type { Place, PolicyOptions } from "./support/sandbox.js";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) expect(await close()).toBe(0);
});

type Server = { readonly files: Files; readonly child: ChildProcess };

async function start(place: Place, options: PolicyOptions = {}): Promise<Server> {
  const argv = fileServer(await confineTo(place.root, options));
  const uid = place.user.uid;
  const user = uid === undefined ? {} : { uid, gid: uid };
  const child = spawn(argv[0] ?? "", argv.slice(1), { cwd: "/", env: {}, stdio: ["pipe", "pipe", 2, "pipe"], ...user });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error("no pipes");
  return { files: connectFiles({ input: stdin, output: stdout }), child };
}

async function serve(place: Place, options: PolicyOptions = {}): Promise<Files> {
  const { files, child } = await start(place, options);
  const code = new Promise((resolve) => child.once("exit", resolve));
  closers.push(() => (child.stdin?.end(), code));
  return files;
}

/** The errno of a refused operation. */
async function errnoOf(operation: Promise<unknown>): Promise<string | undefined> {
  return operation.then(
    () => "no error",
    (error: unknown) =>
      codeOf(error) === "file_error" && error instanceof Error ? codeOf(error.cause) : String(error),
  );
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describeForUsers("the file server", (user) => {
  it("creates, replaces, reads, renames and removes inside the roots", async () => {
    const place = createPlace(user);
    const files = await serve(place);
    const path = join(place.root, "a/b/new");
    await files.mkdir(join(place.root, "a/b"), NEVER);
    await files.mkdir(join(place.root, "a/b"), NEVER);
    await files.write(path, bytes("one\n"), NEVER);
    await files.write(path, bytes("two\n"), NEVER);
    expect(Buffer.from((await files.read(path, 100, NEVER)) ?? []).toString()).toBe("two\n");
    await files.rename(path, join(place.root, "moved"), NEVER);
    expect(await files.stat(path, NEVER)).toBeUndefined();
    expect(await files.stat(join(place.root, "moved"), NEVER)).toEqual({
      name: "moved",
      type: "file",
      size: 4,
      mode: 0o644,
    });
    await files.remove(join(place.root, "moved"), NEVER);
    expect((await files.list(place.root, NEVER)).map(({ name }) => name)).toEqual([
      ".agents",
      ".codex",
      ".git",
      "a",
      "file",
    ]);
    expect(await files.read(path, 100, NEVER)).toBeUndefined();
  });

  it("is refused everything outside the roots", async () => {
    const place = createPlace(user);
    const files = await serve(place);
    const outside = join(place.outside, "file");
    const link = join(place.root, "link");
    symlinkSync(outside, link);
    const operations = [
      files.write(outside, bytes("x"), NEVER),
      files.write(join(place.outside, "new"), bytes("x"), NEVER),
      files.write(join(place.root, "../outside/new"), bytes("x"), NEVER),
      files.write(link, bytes("x"), NEVER),
      files.remove(outside, NEVER),
      files.mkdir(join(place.outside, "new"), NEVER),
      files.rename(join(place.root, "file"), join(place.outside, "new"), NEVER),
      files.rename(outside, join(place.root, "new"), NEVER),
      files.write(join(place.root, ".git/config"), bytes("x"), NEVER),
      files.mkdir(join(place.root, ".codex/x"), NEVER),
    ];
    expect(await Promise.all(operations.map(errnoOf))).toEqual(operations.map(() => "EROFS"));
    expect(readFileSync(outside, "utf8")).toBe("untouched\n");
    expect(readdirSync(place.outside)).toEqual(["file"]);
    expect(Buffer.from((await files.read(outside, 100, NEVER)) ?? []).toString()).toBe("untouched\n");
  });

  it("cannot read what is denied", async () => {
    const place = createPlace(user);
    const files = await serve(place, { denied: [place.outside] });
    expect(await errnoOf(files.read(join(place.outside, "file"), 100, NEVER))).toBe("EACCES");
    expect(await errnoOf(files.list(place.outside, NEVER))).toBe("EACCES");
  });

  it("keeps mode, owner and symbolic link of what it replaces", async () => {
    const place = createPlace(user);
    const path = join(place.root, "file");
    chmodSync(path, 0o751);
    symlinkSync("file", join(place.root, "link"));
    const files = await serve(place);
    await files.write(join(place.root, "link"), bytes("new\n"), NEVER);
    expect(readlinkSync(join(place.root, "link"))).toBe("file");
    expect(readFileSync(path, "utf8")).toBe("new\n");
    expect(statSync(path)).toMatchObject({ mode: 0o100751, uid: user.uid ?? 0 });
  });

  it("keeps hard links: both names show the new bytes", async () => {
    const place = createPlace(user);
    const path = join(place.root, "file");
    linkSync(path, join(place.root, "other"));
    const { ino } = statSync(path);
    const files = await serve(place);
    await files.write(path, bytes("a much longer text than before\n"), NEVER);
    await files.write(path, bytes("short\n"), NEVER);
    expect(readFileSync(join(place.root, "other"), "utf8")).toBe("short\n");
    expect(statSync(path)).toMatchObject({ ino, nlink: 2 });
  });

  it("does not replace what may not be written, nor leaves temporary files", async () => {
    const place = createPlace(user);
    const path = join(place.root, "file");
    chmodSync(path, 0o444);
    chownSync(path, 4321, 4321);
    const files = await serve(place);
    expect(await errnoOf(files.write(path, bytes("x"), NEVER))).toBe("EACCES");
    expect(await errnoOf(files.write(place.root, bytes("x"), NEVER))).toBe("EISDIR");
    expect(await errnoOf(files.write(join(place.root, "gone/new"), bytes("x"), NEVER))).toBe("ENOENT");
    expect(readFileSync(path, "utf8")).toBe("untouched\n");
    expect(readdirSync(place.root).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("renames from one root to another", async () => {
    const place = createPlace(user);
    const files = await serve(place, { roots: [place.outside] });
    chmodSync(join(place.root, "file"), 0o640);
    await files.rename(join(place.root, "file"), join(place.outside, "moved"), NEVER);
    expect(lstatSync(join(place.outside, "moved")).mode & 0o777).toBe(0o640);
    expect(readdirSync(place.outside).filter((name) => !name.startsWith("."))).toEqual(["file", "moved"]);
    expect(readdirSync(place.root)).not.toContain("file");
  });

  it("says what things are, links unfollowed, and names sorted", async () => {
    const place = createPlace(user);
    const files = await serve(place);
    mkdirSync(join(place.outside, "b"));
    symlinkSync("gone", join(place.outside, "a"));
    await runScript(place, "true");
    const seen = await files.list(place.outside, NEVER);
    expect(seen.map(({ name, type }) => `${name} ${type}`)).toEqual(["a symlink", "b directory", "file file"]);
    expect(await files.stat("/dev/null", NEVER)).toMatchObject({ type: "other" });
  });

  it("tells what cannot be, and goes on", async () => {
    const place = createPlace(user);
    const files = await serve(place);
    const path = join(place.root, "file");
    expect(await errnoOf(files.read(path, 3, NEVER))).toBe("EFBIG");
    expect(await errnoOf(files.read(place.root, 100, NEVER))).toBe("EISDIR");
    expect(await errnoOf(files.read("/dev/zero", 100, NEVER))).toBe("EINVAL");
    expect(await errnoOf(files.read("relative", 100, NEVER))).toBe("EINVAL");
    expect(await errnoOf(files.read(`${place.root}/a\0b`, 100, NEVER))).toBe("EINVAL");
    expect(await errnoOf(files.write(`/${"x".repeat(5000)}`, bytes(""), NEVER))).toBe("ENAMETOOLONG");
    expect(await errnoOf(files.write(path, new Uint8Array(256 * 1024 * 1024), NEVER))).toBe("EFBIG");
    expect(await errnoOf(files.remove(join(place.root, "gone"), NEVER))).toBe("ENOENT");
    expect(await errnoOf(files.remove(place.root, NEVER))).toBe("EISDIR");
    expect(await files.read(path, 100, NEVER)).toHaveLength(10);
  });

  it("carries large files, many at once, in order", async () => {
    const place = createPlace(user);
    const files = await serve(place);
    const sizes = [0, 1, 65_535, 65_536, 5_000_000, 7];
    const name = (index: number): string => join(place.root, `large-${index}`);
    await Promise.all(sizes.map((size, index) => files.write(name(index), new Uint8Array(size).fill(index), NEVER)));
    const all = await Promise.all(sizes.map((size, index) => files.read(name(index), size, NEVER)));
    expect(all.map((data) => data?.length)).toEqual(sizes);
    expect(all[4]?.every((byte) => byte === 4)).toBe(true);
  });

  it("rejects at once when the signal aborts, and stays in step", async () => {
    const place = createPlace(user);
    const files = await serve(place);
    const controller = new AbortController();
    const aborted = files.read(join(place.root, "file"), 100, controller.signal);
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    expect(await files.read(join(place.root, "file"), 100, NEVER)).toHaveLength(10);
  });

  it("says that it ended to whoever waits", async () => {
    const place = createPlace(user);
    const { files, child } = await start(place);
    expect(await files.read(join(place.root, "file"), 100, NEVER)).toHaveLength(10);
    child.kill("SIGKILL");
    const ask = (): Promise<unknown> =>
      files.read("/proc/self/comm", 100, NEVER).catch((error: unknown) => codeOf(error));
    await vi.waitUntil(async () => (await ask()) === "file_error", 10_000);
    expect(await Promise.all([ask(), ask()])).toEqual(["file_error", "file_error"]);
  });
});
