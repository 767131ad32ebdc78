import { access } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { ev } from "@codex/test-support";
import { codex, startCodex } from "./codex.js";
import { jsonLines } from "./json-text.js";
import { setStage } from "./stage.js";

const stage = setStage();

/** Answers with a command that runs on, then with a message. */
function leavesRunning(command: string): void {
  stage.server.answer(
    [ev.call("c1", "exec_command", { cmd: command, yield_time_ms: 250 }), ev.completed()],
    [ev.message("done"), ev.completed()],
  );
}

const item = (type: string, fields: object) => expect.objectContaining({ type, item: expect.objectContaining(fields) });

describe("commands that outlive the turn", () => {
  it("are waited for, and their end is an item after the end of the turn", async () => {
    leavesRunning("sleep 1; echo late");
    const { code, stdout } = await codex(["exec", "--json", "--yolo", "x"], stage.options());
    const seen = jsonLines(stdout);
    expect(code).toBe(0);
    expect(seen.slice(-2)).toEqual([
      expect.objectContaining({ type: "turn.completed" }),
      item("item.completed", { type: "command_execution", status: "completed", aggregated_output: "late\n" }),
    ]);
  });

  it("are named and ended when the wait is over, and leave nothing behind", async () => {
    leavesRunning("sleep 3; touch survived");
    const args = ["exec", "--json", "--yolo", "--background-wait", "0.1", "x"];
    const { code, stdout } = await codex(args, stage.options());
    expect(code).toBe(0);
    expect(jsonLines(stdout).slice(-3)).toEqual([
      expect.objectContaining({ type: "turn.completed" }),
      item("item.completed", { type: "error", message: expect.stringMatching(/^ended a command .*sleep 3; touch/) }),
      item("item.completed", { type: "command_execution", status: "failed" }),
    ]);
    await expect(access(`${stage.project.path}/survived`)).rejects.toThrow();
  });

  it("are told of on stderr in a person's run", async () => {
    leavesRunning("sleep 30");
    const { code, stdout, stderr } = await codex(["exec", "--yolo", "--background-wait", "0", "x"], stage.options());
    expect({ code, stdout }).toEqual({ code: 0, stdout: "done\n" });
    expect(stderr).toContain("warning: ended a command that was still running after the answer: ");
  });

  it("end at once when the run is interrupted while it waits", async () => {
    leavesRunning("sleep 30");
    const running = startCodex(["exec", "--json", "--yolo", "--background-wait", "30", "x"], stage.options());
    running.child.stdout?.on("data", (data: Buffer) => {
      if (data.includes("turn.completed")) running.child.kill("SIGINT");
    });
    const { code, stdout } = await running.done;
    expect(code).toBe(0);
    expect(stdout).toContain("ended a command");
  });
});
