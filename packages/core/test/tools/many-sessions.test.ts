import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { ev } from "@codex/test-support";
import { describe, expect, it, onTestFinished } from "vitest";
import { liveSession } from "../support/live.js";

const ROUNDS = 10;
const AT_ONCE = 20;

type Held = { readonly descriptors: number; readonly mounts: number; readonly processes: readonly string[] };

/** What this process has; the server of the session's commands is its one child. */
function held(): Held {
  const children = (pid: number | string): readonly string[] =>
    spawnSync("ps", ["-o", "comm=", "--ppid", String(pid)])
      .stdout.toString()
      .split("\n")
      .filter((name) => name !== "" && name !== "ps");
  const server = spawnSync("pgrep", ["-P", String(process.pid), "-f", "codex-linux-sandbox serve"]).stdout.toString();
  return {
    descriptors: readdirSync("/proc/self/fd").length,
    mounts: readFileSync("/proc/self/mountinfo", "utf8").split("\n").length,
    processes: [...children(process.pid), ...server.split("\n").filter(Boolean).flatMap(children)],
  };
}

describe("200 sessions of commands, with pipes and with terminals,", () => {
  it(
    "leave nothing behind once they are closed, and nothing at all with their session",
    { timeout: 120_000 },
    async () => {
      const before = held();
      const live = await liveSession({ approval: '"never"', sandbox: "workspace-write" });
      onTestFinished(() => live[Symbol.asyncDispose]());
      let calls = 0;
      let opened = 0;
      const round = async (): Promise<void> => {
        const starts = Array.from({ length: AT_ONCE }, (_, index) => {
          const tty = index % 2 === 0;
          const args = { cmd: tty ? "cat" : "sleep 1000", tty, login: false, yield_time_ms: 250 };
          return ev.call(`start_${(calls += 1)}`, "exec_command", args);
        });
        const { events } = await live.call(starts);
        const answers = events.flatMap((event) =>
          event.type === "raw_response_item" && event.item.type === "function_call_output" ? [event.item.output] : [],
        );
        const ids = answers.map((answer) => /session ID (\d+)/.exec(String(answer))?.[1] ?? String(answer));
        opened += ids.filter((id) => /^\d+$/.test(id)).length;
        const ends = ids.map((id, index) => {
          const args = { session_id: Number(id), chars: index % 2 === 0 ? "\u0004" : "\u0003", yield_time_ms: 10_000 };
          return ev.call(`end_${(calls += 1)}`, "write_stdin", args);
        });
        const closed = await live.call(ends);
        const codes = JSON.stringify(closed.events).match(/Process exited with code (?:0|130)/g) ?? [];
        expect(codes.length).toBeGreaterThanOrEqual(AT_ONCE);
      };
      await round();
      const warm = held();
      for (let count = 1; count < ROUNDS; count += 1) await round();
      // an id may come again once its session is closed
      expect(opened).toBe(ROUNDS * AT_ONCE);
      const after = held();
      expect({ ...after, descriptors: 0 }).toEqual({ ...warm, descriptors: 0 });
      expect(after.descriptors).toBeLessThanOrEqual(warm.descriptors);
      await live[Symbol.asyncDispose]();
      expect(held().processes).toEqual(before.processes);
      expect(held().mounts).toBe(before.mounts);
    },
  );
});
