import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryHome, workspace, type TemporaryFolder } from "@codex/test-support";
import { builtFolder, codex, startCodex, type Run } from "./codex.js";

let home: TemporaryFolder;
let project: TemporaryFolder;

beforeEach(async () => {
  home = await temporaryHome({ config: "" });
  project = await workspace({ git: true });
});

afterEach(() => Promise.all([home[Symbol.asyncDispose](), project[Symbol.asyncDispose]()]));

function options(more: Run = {}): Run {
  return { cwd: project.path, ...more, env: { CODEX_HOME: home.path, ...more.env } };
}

const PROBE = "touch inside; touch .git/hooks/x; touch /outside; exit 7";

describe("codex sandbox", () => {
  it("confines a command to reading unless told otherwise, and passes its status on", async () => {
    const { code, stdout, stderr } = await codex(["sandbox", "--", "sh", "-c", PROBE], options());
    expect({ code, stdout }).toEqual({ code: 7, stdout: "" });
    expect(stderr.match(/Read-only file system/g)).toHaveLength(3);
    expect(await project.read("inside")).toBeUndefined();
  });

  it("lets the workspace be written, but neither its .git nor anything outside", async () => {
    const ran = await codex(["sandbox", "-s", "workspace-write", "--", "sh", "-c", PROBE], options());
    expect(ran.stderr.match(/Read-only file system/g)).toHaveLength(2);
    expect(await project.read("inside")).toBe("");
  });

  it("takes one more directory, and the network, where it is told to", async () => {
    await using other = await workspace();
    const script = `touch ${other.path}/new; cat /proc/net/dev | wc -l; echo $CODEX_SANDBOX_NETWORK_DISABLED`;
    const flags = ["-s", "workspace-write", "--add-dir", other.path, "--network", "-C", project.path];
    const ran = await codex(["sandbox", ...flags, "--", "sh", "-c", script], options({ cwd: "/" }));
    expect(ran).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/^\d+\n\n$/) });
    expect(await other.read("new")).toBe("");
    const useless = await codex(["sandbox", "--add-dir", other.path, "--", "true"], options());
    expect(useless).toMatchObject({ code: 1, stderr: expect.stringContaining("-s workspace-write") });
  });

  it("hides the known secrets of the home directory and says which", async () => {
    await using user = await workspace();
    await user.write(".npmrc", "token");
    await home.write("auth.json", "{}");
    const env = { HOME: user.path };
    const script = `cat ${user.path}/.npmrc; cat ${home.path}/auth.json`;
    const ran = await codex(["sandbox", "--", "sh", "-c", script], options({ env }));
    expect(ran).toMatchObject({ code: 1, stdout: "" });
    expect(ran.stderr.match(/Permission denied/g)).toHaveLength(2);
    const { stdout } = await codex(["sandbox", "--status"], options({ env }));
    expect(stdout).toContain(`unreadable, where the kernel can hide it: ${user.path}/.npmrc, ${home.path}/auth.json`);
  });

  it("takes the mode from the configuration too", async () => {
    await home.write("config.toml", 'sandbox_mode = "workspace-write"\n');
    await codex(["sandbox", "--", "touch", "inside"], options());
    expect(await project.read("inside")).toBe("");
  });

  it("cuts the network off and says so to the command", async () => {
    const script = "cat /proc/net/dev | wc -l; echo $CODEX_SANDBOX_NETWORK_DISABLED";
    const { stdout } = await codex(["sandbox", "--", "sh", "-c", script], options());
    expect(stdout).toBe("3\n1\n");
  });

  it("passes stdin and stdout through", async () => {
    const ran = await codex(["sandbox", "--", "tr", "a-z", "A-Z"], options({ stdin: "hello" }));
    expect(ran).toEqual({ code: 0, stdout: "HELLO", stderr: "" });
  });

  it("tells a command that cannot be started from one that fails", async () => {
    const missing = await codex(["sandbox", "--", "no-such-program"], options());
    expect(missing.code).toBe(127);
    expect(missing.stderr).toMatch(/^error: .*no-such-program.*\n$/);
    expect((await codex(["sandbox", "--", "sh", "-c", "exit 127"], options())).stderr).toBe("");
    expect((await codex(["sandbox", "--", "sh", "-c", "kill -9 $$"], options())).code).toBe(137);
  });

  it("refuses where the kernel refuses user namespaces, in one line that says what to do", async ({ skip }) => {
    const refusing = ["-Ur", "sh", "-c", 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"', "sh"];
    if (spawnSync("unshare", [...refusing, "true"]).status !== 0) skip("unshare cannot make a user namespace here");
    const env = { PATH: process.env["PATH"], CODEX_HOME: home.path };
    for (const args of [["sandbox"], ["exec"]]) {
      const command = [
        process.execPath,
        `${builtFolder()}main.js`,
        ...args,
        "-s",
        "workspace-write",
        "touch",
        "inside",
      ];
      if (args[0] === "exec") command.splice(-2, 2, "hi");
      const ran = spawnSync("unshare", [...refusing, ...command], { cwd: project.path, env, encoding: "utf8" });
      expect(ran.status).toBe(1);
      expect(ran.stderr).toMatch(/^error: the sandbox cannot be set up: .*-s external-sandbox.*allow_missing.*$/m);
    }
    expect(await project.read("inside")).toBeUndefined();
  });

  it("says what this machine can enforce", async () => {
    const { code, stdout } = await codex(["sandbox", "-s", "workspace-write", "--status"], options());
    expect(code).toBe(0);
    expect(stdout).toMatch(/^workspace-write: files: .*seccomp\n/);
    expect(stdout).toContain(`writable: ${project.path} (except `);
  });

  it("ends with its command when it is told to end", async () => {
    const { child, done } = startCodex(["sandbox", "--", "sh", "-c", "echo up; exec sleep 300"], options());
    child.stdout?.once("data", () => child.kill("SIGTERM"));
    expect((await done).code).toBe(143);
  });
});
