import type { ChildProcess } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, it, vi } from "vitest";

import { confine, findHelper, readStatus, unconfined } from "../src/index.js";
import type { Command, Confinement } from "../src/index.js";
import {
  USERS,
  command,
  confineTo,
  createPlace,
  describeEach,
  describeSandbox,
  processesWith,
  run,
} from "./support/sandbox.js";
import type { Outcome, RunOptions } from "./support/sandbox.js";

/** The two ways to run something: everything below holds for both unless it says otherwise. */
const WAYS: Readonly<Record<string, (confinement: Confinement, command: Command) => readonly string[]>> = {
  confined: confine,
  unconfined: (_confinement, inner) => unconfined(findHelper(), inner),
};

let count = 0;
/** Seconds to sleep, and a mark in the command line. */
function createMarker(): string {
  return `31.${process.pid}${(count += 1)}`;
}

function daemons(marker: string): string {
  const double_fork = `import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: os.execvp("sleep", ["sleep", "${marker}"])
    os._exit(0)`;
  return `sleep ${marker} & setsid sleep ${marker} & nohup sleep ${marker} > /dev/null 2>&1 < /dev/null & 
    python3 -c '${double_fork}' & disown -a; `;
}

async function allRun(marker: string, least: number): Promise<void> {
  await vi.waitUntil(() => processesWith(`sleep\0${marker}`).length >= least, { timeout: 10_000, interval: 5 });
}

async function nothingRuns(marker: string): Promise<void> {
  await vi.waitUntil(() => processesWith(marker).length === 0, { timeout: 10_000, interval: 5 });
}

const users = USERS.flatMap((user) => Object.entries(WAYS).map(([way, build]) => ({ user, way, build })));

describeEach(
  users,
  ({ way, user }) => `the life of a command, ${way}, for ${user.name}`,
  ({ user, build }) => {
    async function start(words: readonly string[], options: RunOptions = {}): Promise<Outcome> {
      const { root } = createPlace(user);
      return run(build(await confineTo(root), command(root, ...words)), { ...options, user });
    }
    const bash = (script: string, options?: RunOptions): Promise<Outcome> => start(["bash", "-c", script], options);

    it.each([0, 1, 2, 42, 125, 126, 127, 255])("passes its exit code %i on", async (code) => {
      const outcome = await bash(`exit ${code}`);
      expect(outcome).toEqual({ code, signal: null, stdout: "", stderr: "", status: "" });
      expect(readStatus(outcome.status)).toBeUndefined();
    });

    it.each(["HUP", "INT", "QUIT", "TERM", "KILL", "SEGV", "USR1", "USR2", "ABRT"])(
      "dies as it died, by %s",
      async (name) => {
        expect(await start(["sh", "-c", `ulimit -c 0; kill -${name} $$`])).toMatchObject({
          code: null,
          signal: `SIG${name}`,
          status: "",
        });
      },
    );

    it.each(["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM"] as const)("gets %s that the helper gets", async (signal) => {
      const name = signal.slice(3);
      const script = `trap 'echo got; exit 3' ${name}; echo ready; while :; do sleep 0.01 & wait $!; done`;
      const outcome = await bash(script, {
        started: (child) => child.stdout?.once("data", () => child.kill(signal)),
      });
      expect(outcome).toMatchObject({ code: 3, stdout: "ready\ngot\n" });
    });

    it("is killed as a whole by SIGUSR1 to the helper", async () => {
      const marker = createMarker();
      const outcome = await bash(`trap '' TERM INT; ${daemons(marker)} wait; sleep ${marker}`, {
        started: (child) => void allRun(marker, 5).then(() => child.kill("SIGUSR1")),
      });
      expect(outcome).toMatchObject({ code: null, signal: "SIGKILL", status: "" });
      expect(processesWith(marker)).toEqual([]);
    });

    it("leaves nothing behind when it ends, and its pipes close at once", async () => {
      const marker = createMarker();
      const enough = `until [ $(pgrep -fc "^sleep ${marker}") = 4 ]; do :; done`;
      expect(await bash(`${daemons(marker)} ${enough}; exit 4`)).toMatchObject({ code: 4 });
      expect(processesWith(marker)).toEqual([]);
    });

    it("ends with the process that started it, even when that is killed", async () => {
      const marker = createMarker();
      const { root } = createPlace(user);
      const words = build(await confineTo(root), command(root, "bash", "-c", `${daemons(marker)} sleep ${marker}`));
      const starter = `const [program, ...words] = JSON.parse(process.env.WORDS);
      words[words.indexOf("--parent") + 1] = String(process.pid);
      require("child_process").spawn(program, words, { stdio: ["ignore", "inherit", "inherit", "pipe"] });`;
      const outcome = await run([process.execPath, "-e", starter], {
        user,
        env: { WORDS: JSON.stringify(words) },
        started: (child) => void allRun(marker, 5).then(() => child.kill("SIGKILL")),
      });
      expect(outcome.signal).toBe("SIGKILL");
      await nothingRuns(marker);
    });

    it("is not started for a parent that is not there", async () => {
      const { root } = createPlace(user);
      const words = build(await confineTo(root), command(root, "touch", "started"));
      const outcome = await run(
        words.map((word) => (word === String(process.pid) ? "1" : word)),
        { user },
      );
      expect(readStatus(outcome.status)).toMatchObject({ code: "sandbox_unavailable" });
      expect(existsSync(join(root, "started"))).toBe(false);
    });

    it("tells a program that does not exist", async () => {
      const outcome = await start(["codex-no-such-program"]);
      expect(outcome).toMatchObject({ code: 127, stderr: "" });
      expect(readStatus(outcome.status)).toEqual({
        code: "not_found",
        message: "cannot execute codex-no-such-program: No such file or directory",
      });
    });

    it("is a script for the shell where it names no interpreter", async () => {
      const { root } = createPlace(user);
      writeFileSync(join(root, "script"), 'echo "$1 $#"\n', { mode: 0o755 });
      for (const [program, path] of [
        ["./script", "/usr/bin:/bin"],
        ["script", `${root}:/usr/bin:/bin`],
      ] as const) {
        const argv = build(await confineTo(root), command(root, program, "one", "two"));
        expect(await run(argv, { user, env: { PATH: path } })).toMatchObject({
          code: 0,
          stdout: "one 2\n",
          status: "",
        });
      }
    });

    it("tells a file that is no program, and a folder that does not exist", async () => {
      const { root } = createPlace(user);
      const confinement = await confineTo(root);
      const file = await run(build(confinement, command(root, join(root, "file"))), { user });
      expect(file.code).toBe(126);
      expect(readStatus(file.status)?.code).toBe("not_executable");
      const folder = await run(build(confinement, command(join(root, "gone"), "true")), { user });
      expect(folder.code).toBe(127);
      expect(readStatus(folder.status)).toMatchObject({ code: "not_found", message: expect.stringContaining("gone") });
    });

    it("cannot write to the status descriptor, nor to another of the caller's", async () => {
      const { root } = createPlace(user);
      const secret = join(root, "secret");
      writeFileSync(secret, "");
      const extra = openSync(secret, "a");
      const words = build(
        await confineTo(root),
        command(root, "bash", "-c", "ls -m /proc/$$/fd; echo x >&3; echo x >&4"),
      );
      const outcome = await run(words, { user, extra: [extra] });
      closeSync(extra);
      expect(outcome.stdout).toMatch(/^0, 1, 2(, 255)?\n$/);
      expect(outcome.status).toBe("");
      expect(readFileSync(secret, "utf8")).toBe("");
    });

    it("starts with standard descriptors even where the caller has none", async () => {
      const { root } = createPlace(user);
      const words = build(await confineTo(root), command(root, "bash", "-c", "echo x; echo y >&2; touch started"));
      await run(
        ["bash", "-c", '"$@" <&- >&- 2>&-', "bash", ...words.filter((word, at) => !isParent(words, word, at))],
        {
          user,
        },
      );
      expect(existsSync(join(root, "started"))).toBe(true);
    });

    it("leads a session of its own, without the caller's limits being changed", async () => {
      const { code, stdout } = await bash(
        "read -r _ _ _ _ group session _ < /proc/$$/stat; echo $$ $group $session; ulimit -n",
      );
      const [leader, group, session] = stdout.split(/\s/);
      expect({ code, group, session }).toEqual({ code: 0, group: leader, session: leader });
      const limit = await run(["bash", "-c", "ulimit -n"]);
      expect(stdout.split("\n")[1]).toBe(limit.stdout.trim());
    });

    it("has no handler or mask of the helper's", async () => {
      const { stdout } = await start(["grep", "-E", "^Sig(Blk|Ign)|^Groups", "/proc/self/status"]);
      expect(stdout).toMatch(/SigBlk:\t0{16}/);
      expect(stdout).toMatch(/SigIgn:\t0{16}/);
    });
  },
);

/** The words `--parent PID`: the parent is a shell here. */
function isParent(words: readonly string[], word: string, at: number): boolean {
  return word === "--parent" || words[at - 1] === "--parent";
}

describeSandbox("the helper itself", () => {
  it("dies with everything inside when it is killed", async () => {
    const marker = createMarker();
    const { root } = createPlace({ name: "", uid: undefined });
    const words = confine(await confineTo(root), command(root, "bash", "-c", `${daemons(marker)} sleep ${marker}`));
    const outcome = await run(words, { started: (child) => void allRun(marker, 5).then(() => child.kill("SIGKILL")) });
    expect(outcome.signal).toBe("SIGKILL");
    await nothingRuns(marker);
  });

  it("leaves no process and no file, whenever it is killed", async () => {
    const marker = createMarker();
    const { root } = createPlace({ name: "", uid: undefined });
    const words = confine(await confineTo(root), command(root, "sleep", marker));
    const kill = (round: number) => (child: ChildProcess) => void setTimeout(() => child.kill("SIGKILL"), round % 8);
    for (let round = 0; round < 80; round++) await run(words, { started: kill(round) });
    await nothingRuns(marker);
    expect(readdirSync(root)).toEqual(["file"]);
  });

  it.each([
    ["run", "--write", "relative", "--", "true"],
    ["run", "--write", "/a/../b", "--", "true"],
    ["run", "--write", "/a//b", "--", "true"],
    ["run", "--write", "/a/", "--", "true"],
    ["run", "--write", `/${"x".repeat(5000)}`, "--", "true"],
    ["run", "--write"],
    ["run", "--unknown", "--", "true"],
    ["run", "--deny", "/", "--", "true"],
    ["run", "--without-namespaces", "--deny", "/etc", "--", "true"],
    ["run", "--without-namespaces", "--read-only", "/etc", "--", "true"],
    ["run", "--write", "/proc", "--", "true"],
    ["run", "--write", "/dev", "--", "true"],
    ["run", "--write", "/no/such/place", "--", "true"],
    ["run", "--parent", "x", "--", "true"],
    ["run", "--"],
    ["run"],
    ["files", "--", "true"],
    ["unconfined", "--write", "/tmp", "--", "true"],
    ["other"],
    [],
  ])("starts nothing for words it does not understand: %s %s %s", async (...words) => {
    const [mode = "run", ...rest] = words;
    const outcome = await run([findHelper(), mode, "--status-fd", "3", ...rest]);
    const failure = readStatus(outcome.status) ?? outcome.stderr;
    expect({ code: outcome.code, failure }).toEqual({ code: 125, failure: expect.anything() });
    expect(JSON.stringify(failure).length).toBeLessThan(500);
  });
});
