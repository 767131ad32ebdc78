import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDirectEnvironment, selectEnvironment } from "../src/index.js";
import { NEVER, builtHelper, emptyFolder, request, run, workspaceWrite } from "./support.js";
import type { ExecEnvironment } from "../src/index.js";
import type { Environment, SandboxPolicy } from "@codex/protocol";

let place: ExecEnvironment;
let workspace = "";
let outside = "";
beforeEach(() => {
  place = selectEnvironment({ type: "direct", id: "direct", helper: builtHelper(), allow_missing: [] });
  workspace = emptyFolder();
  outside = emptyFolder();
});
afterEach(async () => {
  await place[Symbol.asyncDispose]();
});

async function confined(policy: SandboxPolicy = workspaceWrite()): Promise<Environment> {
  return place.confine(await place.resolve(policy, workspace));
}

it("may be opened any number of times at once, and nobody is warned", async () => {
  const warnings: Error[] = [];
  const hear = (warning: Error): void => void warnings.push(warning);
  process.on("warning", hear);
  await Promise.all(Array.from({ length: 20 }, () => confined()));
  process.off("warning", hear);
  expect(warnings).toEqual([]);
});

describe("a confined command", () => {
  it("writes inside the roots and nowhere else", async () => {
    const { exit, text } = await run(await confined(), request(`echo a > in; echo b > ${outside}/out`, workspace));
    expect(exit).toEqual({ type: "exited", code: 1 });
    expect(text).toBe(`bash: line 1: ${outside}/out: Read-only file system\n`);
    expect([existsSync(join(workspace, "in")), existsSync(join(outside, "out"))]).toEqual([true, false]);
  });

  it("gains no right from the directory it runs in", async () => {
    const { exit } = await run(await confined(), request("touch out", outside));
    expect([exit, existsSync(join(outside, "out"))]).toEqual([{ type: "exited", code: 1 }, false]);
  });

  it("is refused for its grandchildren too, through a symlink and from Python", async () => {
    symlinkSync(outside, join(workspace, "link"));
    const script = `bash -c 'python3 -c "open(\\"link/x\\", \\"w\\")"'`;
    const { text } = await run(await confined(), request(script, workspace));
    expect(text).toContain("Read-only file system: 'link/x'");
    expect(existsSync(join(outside, "x"))).toBe(false);
  });

  it("tells a failed start from an exit code", async () => {
    const where = await confined();
    expect((await run(where, request("exit 127", workspace))).exit).toEqual({ type: "exited", code: 127 });
    const { exit } = await run(where, { ...request("", workspace), argv: ["/no/such/program"] });
    expect(exit).toMatchObject({ type: "failed_to_start", code: "not_found" });
  });

  it("leaves nothing behind when its time is up", async () => {
    const mark = `confined-${process.pid}`;
    const script = `setsid -f bash -c 'exec -a ${mark} sleep 1000'; trap "" TERM; sleep 1000`;
    const { exit } = await run(await confined(), request(script, workspace, { timeout_ms: 200 }));
    expect(exit).toEqual({ type: "timed_out" });
    expect(() => execFileSync("pgrep", ["-f", mark])).toThrow();
  });
});

describe("what a denial says", () => {
  it.each([
    ["touch $OUT/x", "x", "the sandbox lets only $WORK be written", "--add-dir $OUT"],
    ["echo > $OUT/x", "x", "the sandbox lets only $WORK be written", "--add-dir $OUT"],
    [`python3 -c 'open("$OUT/x","w")'`, "x", "the sandbox lets only $WORK be written", "--add-dir $OUT"],
    [`node -e 'fs.writeFileSync("$OUT/x","")'`, "x", "the sandbox lets only $WORK be written", "--add-dir $OUT"],
  ])("%s", async (script, name, text, allow_with) => {
    const fill = (form: string): string => form.replaceAll("$OUT", outside).replaceAll("$WORK", workspace);
    const where = await confined();
    const { exit, captured } = await run(where, request(fill(script), workspace));
    expect(where.denial(exit, captured)).toEqual({
      layer: "filesystem",
      target: join(outside, name),
      rule: { layer: "filesystem", text: fill(text) },
      allow_with: fill(allow_with),
      certain: false,
    });
  });

  it("does not guess the directory of a relative path", async () => {
    const where = await confined();
    const { exit, captured } = await run(where, request(`cd ${outside} && touch x`, workspace));
    expect(where.denial(exit, captured)).toEqual({
      layer: "filesystem",
      rule: { layer: "filesystem", text: `the sandbox lets only ${workspace} be written` },
      certain: false,
    });
  });

  it("explains protected metadata, by a relative path too", async () => {
    execFileSync("git", ["init", "-q", workspace]);
    mkdirSync(join(workspace, "sub"));
    const where = await confined();
    const { exit, captured } = await run(where, request("echo x > ../.git/hooks/pre-commit", join(workspace, "sub")));
    expect(where.denial(exit, captured)).toMatchObject({
      target: join(workspace, ".git/hooks/pre-commit"),
      rule: { text: `\`.git\` is protected: inside the writable ${workspace} it stays read-only` },
      allow_with: `--add-dir ${join(workspace, ".git")}`,
    });
  });

  it("proposes what then works", async () => {
    execFileSync("git", ["init", "-q", workspace]);
    writeFileSync(join(workspace, "file"), "text");
    const commit = request("git add file", workspace);
    const narrow = await confined();
    const first = await run(narrow, commit);
    const proposal = narrow.denial(first.exit, first.captured)?.allow_with;
    expect(proposal).toBe(`--add-dir ${join(workspace, ".git")}`);
    const wide = await confined(workspaceWrite({ writable_roots: [join(workspace, ".git")] }));
    expect((await run(wide, commit)).exit).toEqual({ type: "exited", code: 0 });
  });

  it("names the host that could not be reached", async () => {
    const where = await confined();
    const { exit, captured } = await run(where, request("curl -sS http://example.invalid", workspace));
    expect(where.denial(exit, captured)).toEqual({
      layer: "network",
      target: "example.invalid",
      rule: { layer: "network", text: "the sandbox has no network" },
      allow_with: "-c sandbox_workspace_write.network_access=true",
      certain: false,
    });
  });

  it("is silent about ordinary failures and outside a sandbox", async () => {
    const where = await confined();
    const failed = await run(where, request("cat no-such-file; grep sandbox /dev/null", workspace));
    expect(where.denial(failed.exit, failed.captured)).toBeUndefined();
    const denied = await run(where, request(`touch ${outside}/x`, workspace));
    expect(place.denial(denied.exit, denied.captured)).toBeUndefined();
  });
});

describe("confined files", () => {
  it("read everywhere, change only inside the roots", async () => {
    const { files } = await confined();
    writeFileSync(join(outside, "old"), "content");
    expect(Buffer.from((await files.read(join(outside, "old"), 100, NEVER)) ?? []).toString()).toBe("content");
    await files.mkdir(join(workspace, "a/b"), NEVER);
    await files.write(join(workspace, "a/b/c"), Buffer.from("new"), NEVER);
    await files.rename(join(workspace, "a/b/c"), join(workspace, "a/d"), NEVER);
    expect(await files.list(join(workspace, "a"), NEVER)).toMatchObject([
      { name: "b", type: "directory" },
      { name: "d", size: 3 },
    ]);
    await files.remove(join(workspace, "a/d"), NEVER);
    expect(await files.stat(join(workspace, "a/d"), NEVER)).toBeUndefined();
    expect(await files.read(join(workspace, "a/d"), 10, NEVER)).toBeUndefined();
  });

  it("refuse with a certain denial", async () => {
    const { files } = await confined();
    writeFileSync(join(outside, "old"), "content");
    symlinkSync(outside, join(workspace, "link"));
    const tries = [
      files.write(join(outside, "new"), Buffer.from("x"), NEVER),
      files.write(join(workspace, "link/old"), Buffer.from("x"), NEVER),
      files.remove(join(outside, "old"), NEVER),
      files.mkdir(join(outside, "made"), NEVER),
      files.write(join(workspace, ".git/config"), Buffer.from("x"), NEVER),
    ];
    for (const one of tries) {
      await expect(one).rejects.toMatchObject({ code: "file_error", denial: { layer: "filesystem", certain: true } });
    }
    await expect(files.rename(join(workspace, "link/old"), join(workspace, "here"), NEVER)).rejects.toMatchObject({
      code: "file_error",
    });
    expect(readFileSync(join(outside, "old"), "utf8")).toBe("content");
  });

  it("say what is wrong when it is not the sandbox", async () => {
    const { files } = await confined();
    const failure = await files
      .write(join(workspace, "no/such/parent"), Buffer.from("x"), NEVER)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "file_error" });
    expect(failure).not.toHaveProperty("denial");
  });

  it("work again after a pause, and see what was mounted and made since", async () => {
    const { files } = await confined();
    const path = join(workspace, "file");
    await files.write(path, Buffer.from("1"), NEVER);
    expect(servers()).toBe(1);
    while (servers() > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await files.write(path, Buffer.from("2"), NEVER);
    expect(readFileSync(path, "utf8")).toBe("2");
  });

  it("work at the very moment at which the idle process is let go", async () => {
    const { files } = await confined();
    for (const pause of [97, 98, 99, 100, 100.5, 101, 102, 103]) {
      await files.stat(workspace, NEVER);
      const until = performance.now() + pause;
      while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await files.stat(workspace, NEVER))?.type).toBe("directory");
  });

  it("run many at once in one process", async () => {
    const { files } = await confined();
    const names = Array.from({ length: 200 }, (_, index) => join(workspace, `f${index}`));
    await Promise.all(names.map((name) => files.write(name, Buffer.from(name), fresh())));
    const texts = await Promise.all(names.map((name) => files.read(name, 1000, fresh())));
    expect(texts.map((text) => Buffer.from(text ?? []).toString())).toEqual(names);
    expect(servers()).toBe(1);
  });

  it("reject when the signal aborts, and serve the next operation", async () => {
    const { files } = await confined();
    const controller = new AbortController();
    controller.abort(new Error("stopped"));
    await expect(files.read(join(workspace, "x"), 10, controller.signal)).rejects.toThrow("stopped");
    expect(await files.read(join(workspace, "x"), 10, NEVER)).toBeUndefined();
  });

  it("end with their environment", async () => {
    const { files } = await confined();
    await files.stat(workspace, NEVER);
    await place[Symbol.asyncDispose]();
    expect(servers()).toBe(0);
  });
});

describe("confine", () => {
  it("gives the place itself when something else confines it", async () => {
    const policy = await place.resolve({ type: "external-sandbox", network_access: "restricted" }, workspace);
    expect(await place.confine(policy)).toBe(place);
  });

  it("refuses danger-full-access: the guard decides about that", async () => {
    await expect(confined({ type: "danger-full-access" })).rejects.toMatchObject({ code: "internal" });
  });

  it("refuses to confine twice", async () => {
    const where = await confined();
    await expect(where.confine(await place.resolve(workspaceWrite(), "/"))).rejects.toMatchObject({ code: "internal" });
  });

  it("fails closed without a helper", async () => {
    const bare = createDirectEnvironment({ id: "direct", allow_missing: [] });
    const policy = await bare.resolve({ type: "read-only" }, workspace);
    await expect(bare.confine(policy)).rejects.toMatchObject({ code: "sandbox_unavailable" });
  });
});

const fresh = (): AbortSignal => new AbortController().signal;

/** File servers that this process has running. */
function servers(): number {
  const processes = execFileSync("ps", ["-o", "args=", "--ppid", String(process.pid)], { encoding: "utf8" });
  return processes.split("\n").filter((line) => line.includes("codex-linux-sandbox files")).length;
}
