import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { createDirectEnvironment } from "../src/index.js";
import { NEVER, builtFixture, emptyFolder } from "./support.js";

const { files } = createDirectEnvironment({ id: "direct", allow_missing: [] });
let folder = "";
beforeEach(() => {
  folder = emptyFolder();
});
const at = (name: string): string => join(folder, name);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (name: string): string => fs.readFileSync(at(name), "utf8");

describe("writing a file", () => {
  it("makes a new one", async () => {
    await files.write(at("new"), bytes("text"), NEVER);
    expect([textOf("new"), fs.readdirSync(folder)]).toEqual(["text", ["new"]]);
  });

  it("keeps mode and owner, and puts a new file in the old one's place", async () => {
    fs.writeFileSync(at("file"), "a longer old text");
    fs.chmodSync(at("file"), 0o4751);
    fs.chownSync(at("file"), 1234, 2345);
    fs.chmodSync(at("file"), 0o4751);
    const before = fs.statSync(at("file"));
    await files.write(at("file"), bytes("new"), NEVER);
    const after = fs.statSync(at("file"));
    expect([textOf("file"), after.mode, after.uid, after.gid]).toEqual(["new", before.mode, 1234, 2345]);
    expect(after.ino).not.toBe(before.ino);
    expect(fs.readdirSync(folder)).toEqual(["file"]);
  });

  it("keeps a symlink and changes what it means", async () => {
    fs.mkdirSync(at("sub"));
    fs.writeFileSync(at("sub/real"), "old");
    fs.symlinkSync("sub/real", at("link"));
    await files.write(at("link"), bytes("new"), NEVER);
    expect([fs.readlinkSync(at("link")), textOf("sub/real")]).toEqual(["sub/real", "new"]);
  });

  it("makes what a dangling symlink means", async () => {
    fs.symlinkSync("real", at("link"));
    await files.write(at("link"), bytes("new"), NEVER);
    expect([fs.readlinkSync(at("link")), textOf("real")]).toEqual(["real", "new"]);
  });

  it("keeps hard links together", async () => {
    fs.writeFileSync(at("one"), "a longer old text");
    fs.linkSync(at("one"), at("two"));
    await files.write(at("one"), bytes("new"), NEVER);
    expect([textOf("two"), fs.statSync(at("one")).nlink, fs.readdirSync(folder)]).toEqual(["new", 2, ["one", "two"]]);
  });

  it("refuses directories, FIFOs and missing parents", async () => {
    execFileSync("mkfifo", [at("fifo")]);
    await expect(files.write(folder, bytes("x"), NEVER)).rejects.toMatchObject({ code: "file_error" });
    await expect(files.write(at("fifo"), bytes("x"), NEVER)).rejects.toThrow("EINVAL");
    await expect(files.write(at("no/file"), bytes("x"), NEVER)).rejects.toThrow("ENOENT");
  });

  it.each([1, 2])("leaves the old content, and nothing else, when the disk is full (%s names)", async (names) => {
    const writer = await builtFixture("writer", emptyFolder());
    // a mount namespace of its own: the small disk is seen by nobody else
    const script = `mount -t tmpfs -o size=128k none ${folder} && exec "$0" "$@"`;
    const words = ["-rm", "sh", "-c", script, process.execPath, writer, folder, String(names)];
    const answer: unknown = JSON.parse(execFileSync("unshare", words, { encoding: "utf8" }));
    const left = names === 1 ? ["name-1"] : ["name-1", "name-2"];
    expect(answer).toEqual({ failed: "file_error", kept: true, left });
  });
});

describe("reading a file", () => {
  it("gives its bytes, and nothing when there is none", async () => {
    fs.writeFileSync(at("file"), Buffer.from([0, 255, 10]));
    expect([...((await files.read(at("file"), 3, NEVER)) ?? [])]).toEqual([0, 255, 10]);
    expect(await files.read(at("none"), 3, NEVER)).toBeUndefined();
    expect(await files.read(at("file/none"), 3, NEVER)).toBeUndefined();
  });

  it("refuses one that is longer than asked, a directory and a FIFO", async () => {
    fs.writeFileSync(at("file"), "1234");
    execFileSync("mkfifo", [at("fifo")]);
    await expect(files.read(at("file"), 3, NEVER)).rejects.toMatchObject({ code: "file_error" });
    await expect(files.read(folder, 3, NEVER)).rejects.toThrow("EISDIR");
    await expect(files.read(at("fifo"), 3, NEVER)).rejects.toThrow("EINVAL");
  });

  it("reads files of the kernel that claim to be empty", async () => {
    expect(Buffer.from((await files.read("/proc/self/status", 100_000, NEVER)) ?? []).toString()).toContain("Pid:");
  });
});

describe("the other operations", () => {
  it("list and tell what is there, without following a final symlink", async () => {
    fs.mkdirSync(at("b"));
    fs.writeFileSync(at("a"), "123", { mode: 0o640 });
    fs.symlinkSync("a", at("c"));
    expect(await files.list(folder, NEVER)).toEqual([
      { name: "a", type: "file", size: 3, mode: 0o640 },
      { name: "b", type: "directory", size: fs.statSync(at("b")).size, mode: 0o755 },
      { name: "c", type: "symlink", size: 1, mode: 0o777 },
    ]);
    expect(await files.stat(at("none"), NEVER)).toBeUndefined();
  });

  it("make directories, move and remove", async () => {
    await files.mkdir(at("a/b"), NEVER);
    await files.mkdir(at("a/b"), NEVER);
    await files.write(at("a/b/c"), bytes("x"), NEVER);
    await files.rename(at("a/b/c"), at("d"), NEVER);
    await files.remove(at("d"), NEVER);
    expect(fs.readdirSync(at("a/b"))).toEqual([]);
    await expect(files.remove(at("a"), NEVER)).rejects.toMatchObject({ code: "file_error" });
    await expect(files.remove(at("none"), NEVER)).rejects.toThrow("ENOENT");
  });

  it("do nothing once the signal has aborted", async () => {
    await expect(files.mkdir(at("x"), AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
    expect(fs.existsSync(at("x"))).toBe(false);
  });
});
