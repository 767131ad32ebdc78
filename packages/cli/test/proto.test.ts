import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Event, EventMsg } from "@codex/protocol";
import { decode } from "@codex/protocol/schema";
import { ev } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { builtFolder, codex, startCodex } from "./codex.js";
import { setStage } from "./stage.js";

const SCRIPT = fileURLToPath(new URL("../../../docs/examples/proto.mjs", import.meta.url));

const stage = setStage({
  config: `approval_policy = "untrusted"\nsandbox_mode = "workspace-write"\n`,
  files: { "a.txt": "a\n" },
});

/** Every line has to be an event. */
function eventsOf(stdout: string): readonly Event[] {
  const lines = stdout.split("\n").slice(0, -1);
  return lines.map((line) => {
    const decoded = decode("Event", JSON.parse(line));
    if (decoded.type === "failed") throw new Error(`${decoded.message}: ${line}`);
    return decoded.value;
  });
}

function typesOf(events: readonly Event[]): readonly string[] {
  return events.map(({ msg: { type } }) => type);
}

function userInput(id: string, prompt = "go"): string {
  const op = { type: "user_input", items: [{ type: "text", text: prompt }] };
  return `${JSON.stringify({ id, op })}\n`;
}

const CALL = ev.call("c1", "exec_command", { cmd: "touch made.txt" });

describe("codex proto", () => {
  it("is driven by a script of ten lines through a turn with an approval", async () => {
    stage.server.answer([CALL, ev.completed()], [ev.message("made it"), ev.completed()]);
    await stage.project.write(
      "bin/codex",
      `#!/bin/sh\nexec "${process.execPath}" "${builtFolder()}/main.js" "$@"\n`,
      0o755,
    );
    const { path } = stage.project;
    const env = { PATH: `${path}/bin:${process.env["PATH"] ?? ""}`, HOME: "/nonexistent", CODEX_HOME: stage.home.path };
    const script = spawn(process.execPath, [SCRIPT, "make it"], { cwd: path, env, stdio: ["ignore", "pipe", "pipe"] });
    const [answer, report, [code]] = await Promise.all([
      text(script.stdout),
      text(script.stderr),
      once(script, "exit"),
    ]);
    expect({ code, answer, report }).toEqual({ code: 0, answer: "made it\n", report: "" });
    expect(await stage.project.read("made.txt")).toBe("");
  });

  it("gives every event the id of the submission that began its turn, and ends with its input", async () => {
    stage.server.answer([ev.message("one"), ev.completed()]);
    const ran = await codex(["proto"], { ...stage.options(), stdin: userInput("first") });
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    const events = eventsOf(ran.stdout);
    expect(typesOf(events).at(0)).toBe("session_configured");
    expect(typesOf(events).at(-1)).toBe("shutdown_complete");
    const turn = events.filter(({ id }) => id === "first");
    expect([typesOf(turn).at(0), typesOf(turn).at(-1)]).toEqual(["task_started", "task_complete"]);
    expect(new Set(events.map(({ id }) => id))).toEqual(new Set(["", "first"]));
  });

  it("answers a line that it cannot use by one error, and goes on", async () => {
    const lines = [
      "nonsense",
      '{"id":"7","op":{"type":"jump"}}',
      '{"id":"8","op":{"type":"user_input","items":[{"type":"text"}]}}',
      '{"op":{"type":"interrupt"}}',
      '{"id":"9","op":{"type":"list_custom_prompts"}}',
    ];
    const { stdout, code } = await codex(["proto"], { ...stage.options(), stdin: `${lines.join("\n")}\n` });
    const said = eventsOf(stdout).map(({ id, msg }) => [id, "message" in msg ? msg.message : msg.type]);
    expect(code).toBe(0);
    expect(said).toEqual([
      ["", "session_configured"],
      ["", "line 1 is not JSON"],
      ["7", 'line 2 is no submission: op.type: "jump" is none of the known forms'],
      ["8", "line 3 is no submission: op.items[0].text: is missing"],
      ["", "line 4 is no submission: id: is missing"],
      ["9", "list_custom_prompts_response"],
      ["", "shutdown_complete"],
    ]);
  });

  it("begins with session_configured, however long that takes and however soon a line is wrong", async () => {
    const history = `${stage.home.path}/history.jsonl`;
    execFileSync("mkfifo", [history]);
    const running = startCodex(["proto"], { ...stage.options(), stdin: "nonsense\n" });
    // more than a pipe holds: it is read piece by piece, and the line of stdin at once
    await writeFile(history, `${"x".repeat(99)}\n`.repeat(40_000));
    const { stdout, code } = await running.done;
    const events = eventsOf(stdout);
    expect([code, ...typesOf(events)]).toEqual([0, "session_configured", "error", "shutdown_complete"]);
    expect(events[0]?.msg).toMatchObject({ history_entry_count: 40_000 });
  });

  it("answers no to what nobody can answer any more", async () => {
    stage.server.answer([CALL, ev.completed()], [ev.message("not allowed"), ev.completed()]);
    const running = startCodex(["proto"], { ...stage.options(), stdin: null });
    const events: EventMsg[] = [];
    const { stdin, stdout } = running.child;
    if (stdin === null || stdout === null) throw new Error("no pipes");
    stdin.write(userInput("1"));
    for await (const line of createInterface({ input: stdout })) {
      const [event] = eventsOf(`${line}\n`);
      if (event === undefined) continue;
      events.push(event.msg);
      if (event.msg.type === "exec_approval_request") stdin.end();
    }
    expect(events.find(({ type }) => type === "exec_command_end")).toMatchObject({ status: "declined" });
    expect(events.at(-2)).toMatchObject({ type: "task_complete", last_agent_message: "not allowed" });
    expect(await stage.project.read("made.txt")).toBeUndefined();
    expect((await running.done).code).toBe(0);
  });

  it.each([
    ["SIGINT", 1],
    ["SIGTERM", "SIGTERM"],
  ] as const)("shuts down at once with %s", async (signal, code) => {
    stage.server.answer({ type: "silence" });
    const running = startCodex(["proto"], { ...stage.options(), stdin: null });
    running.child.stdin?.write(userInput("1"));
    await stage.server.request(0);
    running.child.kill(signal);
    const ran = await running.done;
    expect(ran).toMatchObject({ code, stderr: "" });
    expect(typesOf(eventsOf(ran.stdout)).slice(-2)).toEqual(["turn_aborted", "shutdown_complete"]);
  });

  it("ends quietly when nobody reads any more", async () => {
    const { path } = stage.project;
    const env = { PATH: process.env["PATH"], HOME: "/nonexistent", CODEX_HOME: stage.home.path };
    const main = `${builtFolder()}/main.js`;
    const child = spawn(process.execPath, [main, "proto"], { cwd: path, env, stdio: ["pipe", "pipe", "pipe"] });
    child.stdout.destroy();
    const [report, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
    expect([code, report]).toEqual([141, ""]);
  });

  it("says nothing on stdout when it cannot start", async () => {
    const ran = await codex(["proto", "-c", "model_provider=nope"], { ...stage.options(), stdin: "" });
    expect(ran).toMatchObject({ code: 1, stdout: "" });
    expect(ran.stderr).toMatch(/^error: .*nope/);
  });

  it("waits for a slow reader and loses nothing", async () => {
    const deltas = Array.from({ length: 20_000 }, (_, index) => ev.textDelta(`${index} `));
    stage.server.answer([ev.created(), ...deltas, ev.message("done"), ev.completed()]);
    const running = startCodex(["proto"], { ...stage.options(), stdin: userInput("1") });
    const { stdout } = running.child;
    if (stdout === null) throw new Error("no pipe");
    let said = "";
    let count = 0;
    for await (const line of createInterface({ input: stdout })) {
      const [event] = eventsOf(`${line}\n`);
      if (event?.msg.type === "agent_message_content_delta") said += event.msg.delta;
      count += 1;
      for (let ticks = 0; count % 100 === 0 && ticks < 50; ticks += 1) await setImmediate();
    }
    const wanted = deltas.map((_, index) => `${index} `).join("");
    expect([said.length, said === wanted]).toEqual([wanted.length, true]);
  });
});
