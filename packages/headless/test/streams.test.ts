import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Output } from "../src/output.js";
import { usesColour } from "../src/paint.js";
import { shellJoin } from "../src/quote.js";
import { readOutputSchema } from "../src/schema.js";

describe("Output on a real pipe", () => {
  it("waits for a reader that has not read yet", async () => {
    const reader = spawn("sh", ["-c", "read go; cat >/dev/null"], { stdio: ["pipe", "ignore", "ignore"] });
    const output = new Output(reader.stdin);
    let written = false;
    const big = output.write("x".repeat(4 << 20)).then(() => (written = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(written).toBe(false);
    reader.stdin.write("\n");
    await big;
    reader.stdin.end();
    await once(reader, "exit");
    expect(output.gone.aborted).toBe(false);
  });

  it("settles and stays quiet when the reader leaves", async () => {
    const script = "exec 0<&-; echo left; exec sleep 60";
    const reader = spawn("sh", ["-c", script], { stdio: ["pipe", "pipe", "ignore"] });
    const output = new Output(reader.stdin);
    await once(reader.stdout, "data");
    await output.write("lost");
    await output.write("lost too");
    expect(output.gone.reason).toMatchObject({ code: "EPIPE" });
    reader.kill();
  });
});

describe("usesColour", () => {
  it.each([
    ["auto", true, {}, true],
    ["auto", false, {}, false],
    ["auto", true, { NO_COLOR: "1" }, false],
    ["auto", true, { NO_COLOR: "" }, true],
    ["auto", true, { TERM: "dumb" }, false],
    ["always", false, { NO_COLOR: "1" }, true],
    ["never", true, {}, false],
  ] as const)("%s, terminal %s, %j: %s", (choice, isTTY, env, expected) => {
    expect(usesColour(choice, { isTTY }, env)).toBe(expected);
  });
});

describe("shellJoin", () => {
  it.each([
    [["ls", "-la", "a/b.c"], "ls -la a/b.c"],
    [["bash", "-lc", "echo $HOME | wc"], "bash -lc 'echo $HOME | wc'"],
    [["echo", "it's"], `echo "it's"`],
    [["echo", "it's $5", ""], `echo 'it'\\''s $5' ''`],
    [["x", "a\nb", "~", "*"], "x 'a\nb' '~' '*'"],
  ])("%j", (argv, line) => {
    expect(shellJoin(argv)).toBe(line);
  });
});

describe("readOutputSchema", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "codex-schema-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("takes any JSON value and names the file when it cannot", async () => {
    const path = join(folder, "schema.json");
    await writeFile(path, "[1]");
    expect(await readOutputSchema(path)).toEqual([1]);
    await writeFile(path, "{oops");
    await expect(readOutputSchema(path)).rejects.toMatchObject({ code: "bad_request", message: /schema\.json.*JSON/ });
    await expect(readOutputSchema(join(folder, "no"))).rejects.toMatchObject({ code: "bad_request" });
  });
});
