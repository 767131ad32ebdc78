import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { ev } from "@codex/test-support";
import { codex, type Run } from "./codex.js";
import { setStage } from "./stage.js";

const stage = setStage();

function run(args: readonly string[], more: Run = {}) {
  return codex(args, stage.options(more));
}

function finding() {
  const where = { absolute_file_path: `${stage.project.path}/a.txt`, line_range: { start: 1, end: 1 } };
  const one = { title: "[P1] Keep it", body: "It is lost.", confidence_score: 0.9, priority: 1, code_location: where };
  const whole = { overall_correctness: "patch is incorrect", overall_explanation: "One thing breaks." };
  return JSON.stringify({ findings: [one], ...whole, overall_confidence_score: 0.8 });
}

const REPORT = /^One thing breaks\.\n\nReview comment:\n\n- \[P1\] Keep it — .*a\.txt:1-1\n {2}It is lost\.\n$/;

describe("codex review", () => {
  it.each([
    { args: ["--uncommitted"], asked: "git status --porcelain" },
    { args: ["--base", "main"], asked: "git merge-base HEAD main" },
    { args: ["--commit", "abc1234", "--title", "Mend it"], asked: 'abc1234 (\\"Mend it\\")' },
    { args: ["Look at a.txt only"], asked: "Look at a.txt only" },
  ])("asks for a review of $args, and reports what was found", async ({ args, asked }) => {
    stage.server.answer([ev.message(finding()), ev.completed()]);
    const { code, stdout } = await run(["review", ...args]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(REPORT)]);
    const { body } = stage.server.single();
    expect(JSON.stringify(body)).toContain(asked);
  });

  it("asks the model for reviews, unless another is named", async () => {
    const config = ["-c", 'review_model="careful"'];
    const answer = [ev.message(finding()), ev.completed()];
    stage.server.answer(answer, answer, [ev.message("done"), ev.completed()]);
    await run([...config, "review", "--uncommitted"]);
    await run([...config, "review", "-m", "named", "--uncommitted"]);
    await run([...config, "exec", "work"]);
    const models = stage.server.requests.map(({ body }) => /"model":"([^"]+)"/.exec(JSON.stringify(body))?.[1]);
    expect(models).toEqual(["careful", "named", "gpt-5"]);
  });

  it("takes what to review from stdin", async () => {
    stage.server.answer([ev.message(finding()), ev.completed()]);
    expect(await run(["exec", "review", "-"], { stdin: "Look at b.txt\n" })).toMatchObject({ code: 0 });
    expect(JSON.stringify(stage.server.single().body)).toContain("Look at b.txt");
  });

  it("reads no stdin when a flag says what is reviewed", async () => {
    stage.server.answer([ev.message(finding()), ev.completed()]);
    expect(await run(["review", "--uncommitted"], { stdin: null })).toMatchObject({ code: 0 });
  });

  it("writes JSON lines: the commands, then the report instead of the answer", async () => {
    const command = "git status --porcelain; touch written || echo refused";
    const work = [ev.call("c1", "exec_command", { cmd: command }), ev.completed()];
    stage.server.answer(work, [ev.message(finding()), ev.completed()]);
    const args = ["exec", "--json", "-s", "workspace-write", "review", "--uncommitted"];
    const { code, stdout } = await run(args);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.map((line) => /"type":"([a-z_.]+)"/.exec(line)?.[1])).toEqual([
      "thread.started",
      "turn.started",
      "item.started",
      "item.completed",
      "item.completed",
      "turn.completed",
    ]);
    expect(lines[3]).toContain("refused");
    expect(lines[4]).toContain("Review comment:");
    expect(execFileSync("git", ["status", "--porcelain"], { cwd: stage.project.path, encoding: "utf8" })).not.toContain(
      "written",
    );
  });

  it("fails with the request", async () => {
    stage.server.answer({ type: "status", status: 400, body: { error: { message: "bad thing" } } });
    const { code, stdout } = await run(["review", "--uncommitted", "--json"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/"type":"turn.failed".*bad thing/);
  });

  it.each([
    { args: [], code: 1, says: "say what to review" },
    { args: ["--base", "-x"], code: 1, says: "which branch" },
    { args: ["--uncommitted", "--base", "main"], code: 2, says: "cannot be used with" },
    { args: ["--base", "main", "words"], code: 2, says: "a prompt cannot be used with --base" },
    { args: ["--title", "T"], code: 2, says: "--commit SHA" },
  ])("refuses $args in one line", async ({ args, code, says }) => {
    const ran = await run(["review", ...args]);
    expect(ran).toMatchObject({ code, stdout: "" });
    expect(ran.stderr).toContain(says);
    expect(stage.server.requests).toHaveLength(0);
  });
});
