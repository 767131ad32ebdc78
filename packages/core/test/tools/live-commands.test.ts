import { execFileSync } from "node:child_process";
import type { EventMsg } from "@codex/protocol";
import { ev } from "@codex/test-support";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Live, LiveOptions } from "../support/live.js";
import { liveSession } from "../support/live.js";

let count = 0;

async function open(options: Partial<LiveOptions> = {}): Promise<Live> {
  const live = await liveSession({ approval: '"never"', sandbox: "workspace-write", ...options });
  onTestFinished(() => live[Symbol.asyncDispose]());
  return live;
}

const type = (live: Live, session_id: number, args: object = {}) =>
  live.call(ev.call(`type_${(count += 1)}`, "write_stdin", { session_id, ...args }));

function sessionIn(output: string): number {
  const id = /^Process running with session ID (\d+)$/m.exec(output)?.[1];
  if (id === undefined) throw new Error(output);
  return Number(id);
}

function withoutChance(output: string): string {
  return output
    .replace(/^Chunk ID: [0-9a-f]{6}$/m, "Chunk ID: X")
    .replace(/^Wall time: \d\.\d{4} seconds$/m, "Wall time: T seconds")
    .replace(/ID \d{4,5}$/m, "ID N");
}

const ofType = (events: readonly EventMsg[], kind: EventMsg["type"]) => events.filter((event) => event.type === kind);

/** Processes whose command line is that mark with a number. */
function running(mark: string): number {
  try {
    return Number(execFileSync("pgrep", ["-fc", `^${mark} 1000`], { encoding: "utf8" }));
  } catch {
    return 0; // pgrep found none
  }
}

describe("a command that takes longer than its call", () => {
  it("goes on as a session, and its end is told by the call that sees it, once", async () => {
    const live = await open();
    const script = "echo one; read -t 0.6 _ < <(sleep 9); echo two; exit 3";
    const first = await live.exec({ cmd: script, yield_time_ms: 1 });
    expect(withoutChance(first.output)).toBe(
      "Chunk ID: X\nWall time: T seconds\nProcess running with session ID N\nOriginal token count: 1\nOutput:\none\n",
    );
    const id = sessionIn(first.output);
    expect(id >= 1000 && id <= 99_999).toBe(true);
    const [begin] = ofType(first.events, "exec_command_begin");
    expect(begin).toMatchObject({ source: "unified_exec_startup", process_id: String(id) });
    expect(begin).toMatchObject({ parsed_cmd: [{ type: "unknown", cmd: script }] });
    expect(ofType(first.events, "exec_command_end")).toEqual([]);

    const second = await type(live, id);
    expect(withoutChance(second.output)).toBe(
      "Chunk ID: X\nWall time: T seconds\nProcess exited with code 3\nOriginal token count: 1\nOutput:\ntwo\n",
    );
    const asked = begin?.type === "exec_command_begin" ? begin.call_id : "";
    expect(ofType(second.events, "terminal_interaction")).toEqual([
      { type: "terminal_interaction", call_id: asked, process_id: String(id), stdin: "" },
    ]);
    expect(ofType(second.events, "exec_command_end")).toMatchObject([
      { call_id: asked, process_id: String(id), exit_code: 3, status: "failed", aggregated_output: "one\ntwo\n" },
    ]);
    expect((await type(live, id)).output).toBe(`write_stdin failed: Unknown process id ${id}`);
  });

  it("takes an interrupt without a terminal, and nothing else", async () => {
    const live = await open();
    const id = sessionIn((await live.exec({ cmd: "sleep 1000", yield_time_ms: 1 })).output);
    expect((await type(live, id, { chars: "x\n" })).output).toBe(
      "write_stdin failed: stdin is closed for this session; rerun exec_command with tty=true to keep stdin open",
    );
    expect((await type(live, id, { chars: "\u0003" })).output).toContain("Process exited with code 130\n");
  });

  it("echoes and answers on a terminal, and ends where the input ends", async () => {
    const live = await open();
    const started = await live.exec({ cmd: "stty size && cat", tty: true, yield_time_ms: 1 });
    expect(started.output).toMatch(/Output:\n24 80\r\n$/);
    const id = sessionIn(started.output);
    expect((await type(live, id, { chars: "hello\n" })).output).toMatch(/Output:\nhello\r\nhello\r\n$/);
    expect((await type(live, id, { chars: "\u0004" })).output).toContain("Process exited with code 0\n");
  });

  it("cuts output to the smaller budget, with a header", async () => {
    const live = await open();
    const cut = await live.exec({ cmd: "head -c 15000 /dev/zero | tr '\\0' x", max_output_tokens: 50 });
    expect(cut.output).toContain(
      "Original token count: 3750\nOutput:\nWarning: truncated output (original token count: 3750)\n" +
        `Total output lines: 1\n\n${"x".repeat(100)}…3700 tokens truncated…${"x".repeat(100)}`,
    );
    const huge = await live.exec({ cmd: "head -c 1320000 /dev/zero | tr '\\0' x", max_output_tokens: 50 });
    expect(huge.output).toContain(
      "Original token count: 330000\nOutput:\nWarning: truncated output (original token count: 330000)\n" +
        `... 271424 bytes omitted ...\n\n${"x".repeat(100)}…262094 tokens truncated…${"x".repeat(100)}`,
    );
  });

  it("is confined, on a terminal too", async () => {
    const live = await open();
    const attempt = `touch ${live.outside.path}/x`;
    expect((await live.exec({ cmd: attempt, tty: true })).output).toContain("Read-only file system");
    const id = sessionIn((await live.exec({ cmd: "bash --norc", tty: true, yield_time_ms: 1 })).output);
    expect((await type(live, id, { chars: `${attempt}; echo co''de $?\n` })).output).toContain("code 1\r\n");
  });

  it("tells what the sandbox refused while the call waits", async () => {
    const live = await open();
    const done = await live.exec({ cmd: `touch ${live.outside.path}/x` });
    expect(done.output).toContain("[sandbox] ");
    expect(ofType(done.events, "exec_command_begin")).toHaveLength(1);
    const target = `${live.outside.path}/x`;
    expect(ofType(done.events, "exec_command_end")).toMatchObject([{ denial: { layer: "filesystem", target } }]);
  });

  it("tells what the sandbox refused after the call went on", async () => {
    const live = await open();
    const target = `${live.outside.path}/x`;
    const first = await live.exec({ cmd: `read go; touch ${target}`, tty: true, yield_time_ms: 1 });
    const done = await type(live, sessionIn(first.output), { chars: "\n" });
    expect(done.output).toContain("[sandbox] ");
    expect(ofType(done.events, "exec_command_end")).toMatchObject([{ denial: { layer: "filesystem", target } }]);
  });

  it("is stopped on demand, and its end told then", async () => {
    const live = await open();
    const id = sessionIn((await live.exec({ cmd: "echo $$; sleep 1000", yield_time_ms: 1 })).output);
    live.session.submit({ type: "clean_background_terminals" });
    const done = await type(live, id);
    expect(done.output).toContain("Process exited with code 143\n");
    expect(ofType(done.events, "exec_command_end")).toMatchObject([{ process_id: String(id), exit_code: 143 }]);
  });

  it("leaves nothing behind: 200 opened, some stopped, the rest ended with the session", async () => {
    const live = await liveSession({ approval: '"never"', sandbox: "workspace-write" });
    const mark = `leak-${process.pid}`;
    for (let round = 0; round < 20; round += 1) {
      const calls = Array.from({ length: 10 }, (_, index) =>
        ev.call(`many_${round}_${index}`, "exec_command", {
          cmd: `exec -a ${mark} sleep 1000`,
          login: false,
          tty: index % 2 === 0,
          yield_time_ms: 1,
        }),
      );
      const { events } = await live.call(calls);
      expect(JSON.stringify(ofType(events, "raw_response_item")).match(/running with session ID/g)).toHaveLength(10);
    }
    const { output } = await live.exec({ cmd: "true", login: false });
    expect(output).toContain("exited with code 0");
    while (running(mark) > 64) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(running(mark)).toBe(64);
    await live[Symbol.asyncDispose]();
    expect(running(mark)).toBe(0);
  }, 60_000);
});
