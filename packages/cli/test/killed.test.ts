import { readdirSync, readFileSync } from "node:fs";
import { once } from "node:events";
import { expect, it, vi } from "vitest";
import { ev, mockProviderConfig, startResponsesServer, temporaryHome, workspace } from "@codex/test-support";
import { startCodex } from "./codex.js";

const SOON = { timeout: 15_000, interval: 20 };

/** Processes with that word in their command line. */
function processesWith(mark: string): readonly string[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && commandLine(name).includes(mark));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return ""; // it has ended
  }
}

function mounts(): number {
  return readFileSync("/proc/self/mountinfo", "utf8").split("\n").length;
}

it.each(["read-only", "workspace-write", "danger-full-access"])(
  "`kill -9` of codex leaves no process, no mount and no file of a command under %s",
  async (mode) => {
    await using server = await startResponsesServer();
    await using home = await temporaryHome({ config: mockProviderConfig(server.url) });
    await using project = await workspace({ files: { "a.txt": "one\n" } });
    const before = mounts();
    const mark = `41.${process.pid}${mode.length}`;
    const twice = `python3 -c 'import os; os.fork() or (os.setsid(), os.fork() or os.execvp("sleep", ["sleep", "${mark}"]))'`;
    const command = `sleep ${mark} & setsid -f sleep ${mark}; nohup sleep ${mark} >/dev/null 2>&1 & ${twice}; sleep ${mark}`;
    server.answer([ev.call("c1", "exec_command", { cmd: command, login: false }), ev.completed()]);
    const running = startCodex(["exec", "--skip-git-repo-check", "-s", mode, "go"], {
      cwd: project.path,
      env: { CODEX_HOME: home.path },
    });
    const started = (): void => expect(processesWith(`sleep\0${mark}`).length).toBeGreaterThanOrEqual(5);
    await vi.waitFor(started, SOON);
    const closed = once(running.child, "exit");
    running.child.kill("SIGKILL");
    await closed;
    await vi.waitFor(() => expect(processesWith(mark)).toEqual([]), SOON);
    await vi.waitFor(() => expect(readdirSync(project.path)).toEqual(["a.txt"]), SOON);
    expect(mounts()).toBe(before);
    await running.done;
  },
  40_000,
);
