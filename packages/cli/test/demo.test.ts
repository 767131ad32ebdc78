import { spawnSync } from "node:child_process";
import { chmod, cp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder, type TemporaryFolder } from "@codex/test-support";
import { builtFolder, codex, type Ran } from "./codex.js";

const HELPER = "codex-linux-sandbox";

let temporary: TemporaryFolder;
let dist: string;

/** The demo of a copy of the build, which a test may break. */
beforeEach(async () => {
  temporary = await temporaryFolder("codex-demo-test-");
  dist = join(temporary.path, "dist");
  await cp(builtFolder(), dist, { recursive: true });
});

afterEach(() => temporary[Symbol.asyncDispose]());

function demo(env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return codex(["demo"], { dist, env: { TMPDIR: temporary.path, ...env } });
}

/** Puts a shell script in the place of the helper; it finds the real one in `$real`. */
async function wrapHelper(script: string): Promise<void> {
  const helper = join(dist, HELPER);
  await rename(helper, `${helper}.real`);
  await writeFile(helper, `#!/bin/sh\nreal='${helper}.real'\n${script}\n`);
  await chmod(helper, 0o755);
}

/** Stands between us and the real command server, and asks for each command without its confinement. */
const UNCONFINING = `
import os, socket, struct, sys, threading
inner, server = socket.socketpair()
if os.fork() != 0:
    os.dup2(inner.fileno(), 3, inheritable=True)
    os.execv(sys.argv[1], sys.argv[1:])
inner.close()
outer = socket.socket(fileno=3)
def answers():
    while (part := server.recv(65536)): outer.sendall(part)
    os._exit(0)
threading.Thread(target=answers, daemon=True).start()
requests = outer.makefile("rb")
while (header := requests.read(16)):
    kind, id, count, size = struct.unpack("<4I", header)
    strings = requests.read(size).split(b"\\0")[:-1]
    words, variables = strings[:count], strings[count:]
    if b"--" in words:
        cwd = words[words.index(b"--cwd") + 1]
        words = [b"unconfined", b"--cwd", cwd] + words[words.index(b"--"):]
    body = b"".join(each + b"\\0" for each in words + variables)
    server.sendall(struct.pack("<4I", kind, id, len(words) if size else count, len(body)) + body)
`;

describe("codex demo", () => {
  it("repairs the project with real commands, and proves it", async () => {
    const { code, stdout, stderr } = await demo();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^The tests pass now\./);
    const order = ["not ok 2", "patch: completed", "\nok 2", "# fail 0", "What changed:", "The repaired project: "];
    const places = order.map((words) => stderr.indexOf(words));
    expect(places).toEqual([...places].sort((left, right) => left - right));
    expect(places).not.toContain(-1);
    const folder = /^The repaired project: (.*)$/m.exec(stderr)?.[1] ?? "";
    expect(await readFile(join(folder, "src/wrap.js"), "utf8")).toContain("longer.length <= width");
    expect(spawnSync(process.execPath, ["--test"], { cwd: folder }).status).toBe(0);
  });

  it("uses neither the user's configuration nor a key", async () => {
    await temporary.write("home/config.toml", 'sandbox_mode = "oops"\n');
    const env = { CODEX_HOME: join(temporary.path, "home"), CODEX_API_KEY: "secret" };
    expect((await demo(env)).code).toBe(0);
    expect(await temporary.read("home/sessions")).toBeUndefined();
  });

  it("fails when the agent would ask for anything else than was recorded", async () => {
    const path = join(dist, "demo/session.jsonl");
    await writeFile(path, (await readFile(path, "utf8")).replace("# pass 2", "# pass 1"));
    const { code, stdout, stderr } = await demo();
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/ERROR: The run does not follow the recording: request \d+ of \d+ differs: .*\n/);
  });

  it("fails when patches are not applied", async () => {
    await wrapHelper('[ "$1" = files ] && exit 125\nexec "$real" "$@"');
    expect((await demo()).code).toBe(1);
  });

  it("fails when a patch is said to be applied but is not", async () => {
    const path = join(dist, "demo/project/src/wrap.js");
    await writeFile(path, (await readFile(path, "utf8")).replaceAll("longer.length < width", "longer.length<width"));
    expect((await demo()).code).toBe(1);
  });

  it("fails when the sandbox confines nothing", async ({ onTestFinished }) => {
    onTestFinished(() => rm("/outside-the-workspace", { force: true }));
    await wrapHelper(`[ "$1" = serve ] && exec python3 -c '${UNCONFINING}' "$real" "$@"\nexec "$real" "$@"`);
    const { code, stderr } = await demo();
    expect(code).toBe(1);
    expect(stderr).toContain("does not follow the recording");
  });

  it("fails when there is no sandbox helper", async () => {
    await rm(join(dist, HELPER));
    const { code, stderr } = await demo();
    expect(code).toBe(1);
    expect(stderr).toMatch(/\nerror: the sandbox helper is missing .*\n$/);
  });

  it("works on a kernel without user namespaces by a consent that is shown", async ({ skip }) => {
    const refusing = ["-Ur", "sh", "-c", 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"', "sh"];
    if (spawnSync("unshare", [...refusing, "true"]).status !== 0) skip("unshare cannot make a user namespace here");
    const env = { PATH: process.env["PATH"], HOME: "/nonexistent", TMPDIR: temporary.path };
    const command = [process.execPath, join(dist, "main.js"), "demo"];
    const { status, stderr } = spawnSync("unshare", [...refusing, ...command], { env, encoding: "utf8" });
    expect(stderr).toContain('(sandbox.allow_missing = ["protected-metadata"])');
    expect(status).toBe(0);
  });
});
