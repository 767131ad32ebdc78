import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { ev } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import type { Live } from "../support/live.js";
import { liveSession } from "../support/live.js";

/** File tools against real files in the real sandbox; a model without a family of its own is offered them. */
async function session(sandbox: "read-only" | "workspace-write" = "workspace-write"): Promise<Live> {
  return liveSession({ approval: '"on-request"', sandbox, model: "qwen3-coder" });
}

let count = 0;
async function call(live: Live, name: string, args: object): Promise<string> {
  const { output } = await live.call(ev.call(`f${(count += 1)}`, name, args), "denied");
  return output;
}

describe("read_file", () => {
  it("gives numbered lines, a window of them, and where to go on", async () => {
    await using live = await session();
    await live.workspace.write("a.txt", Array.from({ length: 5000 }, (_, line) => `line ${line + 1}\n`).join(""));
    const whole = await call(live, "read_file", { path: "a.txt" });
    expect(whole).toMatch(/^1\tline 1\n2\tline 2\n/);
    const next = /go on with offset (\d+)\)$/.exec(whole)?.[1];
    expect(await call(live, "read_file", { path: "a.txt", offset: Number(next), limit: 1 })).toBe(
      `${next}\tline ${next}\n(lines ${next} to ${next} of 5000; go on with offset ${Number(next) + 1})`,
    );
    expect(await call(live, "read_file", { path: "a.txt", offset: 4999 })).toBe("4999\tline 4999\n5000\tline 5000");
  });

  it("says what is wrong: nothing there, no text, behind the end, a directory", async () => {
    await using live = await session();
    await live.workspace.write("short", "one\n");
    await writeFile(path.join(live.workspace.path, "binary"), Buffer.from([1, 0, 2]));
    await writeFile(path.join(live.workspace.path, "latin"), Buffer.from([0x61, 0xe9]));
    expect(await call(live, "read_file", { path: "none" })).toContain("there is no file");
    expect(await call(live, "read_file", { path: "binary" })).toContain("not UTF-8 text");
    expect(await call(live, "read_file", { path: "latin" })).toContain("not UTF-8 text");
    expect(await call(live, "read_file", { path: "short", offset: 9 })).toContain("the file has 1 lines");
    expect(await call(live, "read_file", { path: "." })).toContain("cannot read");
    expect(await call(live, "read_file", { path: "short", offset: 0 })).toMatch(/^failed to parse function arguments/);
  });

  it("cuts long lines, and stops at the model's budget", async () => {
    await using live = await session();
    await live.workspace.write("long", `${"x".repeat(50_000)}\n${"y\n".repeat(10)}`);
    const output = await call(live, "read_file", { path: "long" });
    expect(output).toContain("… (50000 characters)\n2\ty");
    await live.workspace.write("wide", `${"z".repeat(1500)}\n`.repeat(1000));
    expect((await call(live, "read_file", { path: "wide" })).length).toBeLessThan(41_000);
  });
});

describe("write_file and edit_file", () => {
  it("write and change like a patch: shown, with a diff of the turn", async () => {
    await using live = await session();
    await call(live, "write_file", { path: "src/new/a.txt", content: "one\ntwo\n" });
    expect(await live.workspace.read("src/new/a.txt")).toBe("one\ntwo\n");
    const edits = [
      { old_text: "one", new_text: "1" },
      { old_text: "two", new_text: "2" },
    ];
    const done = await live.call(ev.call("e1", "edit_file", { path: "src/new/a.txt", edits }));
    expect(await live.workspace.read("src/new/a.txt")).toBe("1\n2\n");
    expect(done.output).toMatch(/^Exit code: 0\n[\s\S]*M src\/new\/a\.txt\n$/);
    expect(done.events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(["patch_apply_begin", "patch_apply_end", "turn_diff"]),
    );
  });

  it("change all or nothing, and only what stands there once", async () => {
    await using live = await session();
    await live.workspace.write("a.txt", "x x\ny\n");
    const edit = (...edits: readonly object[]): Promise<string> => call(live, "edit_file", { path: "a.txt", edits });
    expect(await edit({ old_text: "y", new_text: "z" }, { old_text: "gone", new_text: "" })).toContain(
      "Nothing was changed.",
    );
    expect(await edit({ old_text: "x", new_text: "z" })).toContain("2 times");
    expect(await live.workspace.read("a.txt")).toBe("x x\ny\n");
    await edit({ old_text: "x", new_text: "$&", replace_all: true });
    expect(await live.workspace.read("a.txt")).toBe("$& $&\ny\n");
    expect(await edit({ old_text: "y", new_text: "y" })).toContain("as it is");
  });

  it("keep a byte order mark and the file's line ends", async () => {
    await using live = await session();
    await live.workspace.write("dos.txt", "\ufeffone\r\ntwo\r\nthree\r\n");
    const edits = [{ old_text: "one\ntwo", new_text: "1\n2" }];
    await call(live, "edit_file", { path: "dos.txt", edits });
    expect(await live.workspace.read("dos.txt")).toBe("\ufeff1\r\n2\r\nthree\r\n");
    const more = [{ old_text: "three", new_text: "three\nfour" }];
    await call(live, "edit_file", { path: "dos.txt", edits: more });
    expect(await live.workspace.read("dos.txt")).toBe("\ufeff1\r\n2\r\nthree\r\nfour\r\n");
    await call(live, "write_file", { path: "dos.txt", content: "new\nlines\r\n" });
    expect(await live.workspace.read("dos.txt")).toBe("\ufeffnew\r\nlines\r\n");
    await live.workspace.write("mixed.txt", "a\r\nb\n");
    await call(live, "write_file", { path: "mixed.txt", content: "a\nb\n" });
    expect(await live.workspace.read("mixed.txt")).toBe("a\nb\n");
  });

  it("are asked about outside the workspace, and made only with a yes", async () => {
    await using live = await session();
    const target = path.join(live.outside.path, "a.txt");
    expect(await call(live, "write_file", { path: target, content: "x" })).toBe("patch rejected by user");
    expect(await live.outside.read("a.txt")).toBeUndefined();
    const done = await live.call(ev.call("w1", "write_file", { path: target, content: "x" }), "approved");
    expect([done.questions.length, await live.outside.read("a.txt")]).toEqual([1, "x"]);
  });

  it("do not follow a link out of the workspace without a question", async () => {
    await using live = await session();
    await live.outside.write("secret", "keep");
    await symlink(live.outside.path, path.join(live.workspace.path, "link"));
    const done = await live.call(ev.call("l1", "write_file", { path: "link/secret", content: "lost" }), "denied");
    expect(done.questions).toHaveLength(1);
    expect(await live.outside.read("secret")).toBe("keep");
  });
});

describe("list_dir", () => {
  it("shows a sorted tree with marks, as deep as asked, a page at a time", async () => {
    await using live = await session();
    await live.workspace.write("t/b/c/d/deep.txt", "");
    await live.workspace.write("t/a.txt", "");
    await symlink("a.txt", path.join(live.workspace.path, "t/link"));
    const root = path.join(live.workspace.path, "t");
    expect(await call(live, "list_dir", { dir_path: root })).toBe(
      [`Absolute path: ${root}`, "  a.txt", "  b/", "    c/", "  link@"].join("\n"),
    );
    expect(await call(live, "list_dir", { dir_path: "t", depth: 4, offset: 4, limit: 1 })).toBe(
      [`Absolute path: ${root}`, "      d/", "More than 1 entries found; go on with offset 5"].join("\n"),
    );
    expect(await call(live, "list_dir", { dir_path: "none" })).toContain("cannot list");
  });

  it("leaves out the empty stand-ins of a sandbox, and nothing else", async () => {
    await using live = await session();
    const root = path.join(live.workspace.path, "t");
    await live.workspace.write("t/.codex/config.toml", "");
    for (const name of [".agents", ".git"]) await mkdir(path.join(root, name));
    for (const name of [".codex", ".git"]) await chmod(path.join(root, name), 0o1555);
    const shown = [`Absolute path: ${root}`, "  .agents/", "  .codex/", "    config.toml"];
    expect(await call(live, "list_dir", { dir_path: root })).toBe(shown.join("\n"));
    expect(await call(live, "list_dir", { dir_path: root, depth: 1 })).toBe(shown.slice(0, 3).join("\n"));
  });
});

describe("grep_files and find_files", () => {
  it("find lines and names, leave out what is not the project's, and bound what they say", async () => {
    await using live = await session();
    await live.workspace.write("src/a.ts", "const needle = 1;\n");
    await live.workspace.write("src/b.md", "needle\n");
    await live.workspace.write("node_modules/x/a.ts", "needle\n");
    await mkdir(path.join(live.workspace.path, ".git"));
    await live.workspace.write(".git/a.ts", "needle\n");
    await live.workspace.write(".gitignore", "node_modules\n");
    const found = await call(live, "grep_files", { pattern: "need.e", include: "*.ts" });
    expect(found).toMatch(/^(\.\/)?src\/a\.ts:1:const needle = 1;$/);
    expect((await call(live, "grep_files", { pattern: "needle", limit: 1 })).split("\n")).toHaveLength(2);
    expect(await call(live, "grep_files", { pattern: "absent" })).toBe("nothing found");
    expect(await call(live, "grep_files", { pattern: "(" })).not.toBe("nothing found");
    expect(await call(live, "find_files", { pattern: "*.ts" })).toMatch(/^(\.\/)?src\/a\.ts$/);
    expect(await call(live, "find_files", { pattern: "*.ts", path: "src" })).toBe("src/a.ts");
  });

  it("a pattern or a place that looks like an option is none", async () => {
    await using live = await session();
    await live.workspace.write("a", "--version\n");
    expect(await call(live, "grep_files", { pattern: "--version" })).toMatch(/a:1:--version$/);
    expect(await call(live, "find_files", { pattern: "a", path: "-delete" })).not.toBe("a");
    expect(await live.workspace.read("a")).toBe("--version\n");
  });
});

describe("view_image", () => {
  const png = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64",
  );

  it("gives the picture as it is, by its content, and shows that it was looked at", async () => {
    await using live = await session();
    await writeFile(path.join(live.workspace.path, "p.txt"), png);
    const done = await live.call(ev.call("i1", "view_image", { path: "p.txt" }));
    expect(JSON.parse(done.output)).toEqual([
      { type: "input_image", image_url: `data:image/png;base64,${png.toString("base64")}`, detail: "high" },
    ]);
    expect(done.events).toContainEqual({
      type: "view_image_tool_call",
      call_id: "i1",
      path: path.join(live.workspace.path, "p.txt"),
    });
  });

  it("refuses what is no picture, not there, or too large", async () => {
    await using live = await session();
    await live.workspace.write("a.png", "text");
    await live.workspace.write("big.png", "x".repeat(10 * 1024 * 1024 + 1));
    expect(await call(live, "view_image", { path: "a.png" })).toContain("unable to process image");
    expect(await call(live, "view_image", { path: "b.png" })).toContain("unable to locate image");
    expect(await call(live, "view_image", { path: "big.png" })).toContain("unable to read image");
  });
});
