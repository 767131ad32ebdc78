import type { EventMsg } from "@codex/protocol";
import type { TemporaryFolder } from "@codex/test-support";
import { collect, say, scriptedModel, temporaryHome, workspace } from "@codex/test-support";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCodex, openReview, parseReview, reviewText } from "../../src/index.js";

const FINDING = {
  title: "[P1] Close the file on every path",
  body: "An early return leaks it.\nTwice.",
  confidence_score: 0.9,
  priority: 1,
  code_location: { absolute_file_path: "/work/a.ts", line_range: { start: 3, end: 4 } },
};
const OUTPUT = {
  findings: [FINDING],
  overall_correctness: "patch is incorrect",
  overall_explanation: "One leak.",
  overall_confidence_score: 0.8,
};
const TEXT =
  "One leak.\n\nReview comment:\n\n- [P1] Close the file on every path — /work/a.ts:3-4\n" +
  "  An early return leaks it.\n  Twice.";

describe("a review", () => {
  let home: TemporaryFolder;
  let work: TemporaryFolder;

  beforeEach(async () => {
    home = await temporaryHome();
    work = await workspace({ git: true, files: { "a.ts": "1" } });
  });

  afterEach(async () => {
    await home[Symbol.asyncDispose]();
    await work[Symbol.asyncDispose]();
  });

  const env = () => ({ PATH: process.env["PATH"], HOME: home.path, CODEX_HOME: home.path });

  it("is a read-only session with its own instructions, and gives findings", async () => {
    const model = scriptedModel([
      [...say.message("I look first.", "m1"), say.call("c1", "exec_command", { cmd: "git diff", login: false })],
      say.message(JSON.stringify(OUTPUT), "m2"),
    ]);
    await using codex = createCodex({ env: env(), models: model, agents: true });
    expect(await codex.review({ type: "uncommittedChanges" }, { cwd: work.path })).toEqual(OUTPUT);
    expect(model.settings[0]).toMatchObject({ approval_policy: "never", sandbox_policy: { type: "read-only" } });
    expect(model.prompts[0]?.instructions).toContain("You review a change");
    expect(JSON.stringify(model.prompts[0]?.input.at(-1))).toContain("git diff HEAD");
    expect(model.prompts[0]?.tools.map((tool) => ("name" in tool ? tool.name : tool.type))).not.toContain(
      "spawn_agent",
    );
  });

  it("withholds the answer itself, and tells it as findings and as a text", async () => {
    const model = scriptedModel([
      [...say.message("I look first.", "m1"), say.call("c1", "update_plan", { plan: [] })],
      say.message(JSON.stringify(OUTPUT), "m2"),
    ]);
    await using codex = createCodex({ env: env(), models: model });
    const settings = { cwd: work.path };
    const { session, prompt } = await openReview(codex, { type: "baseBranch", branch: "main" }, { settings });
    session.submit({ type: "user_input", items: [{ type: "text", text: prompt }] });
    const events = await collect(session.events, ({ msg }) => msg.type === "task_complete");
    const messages = events.map(({ msg }) => msg);
    const types: EventMsg["type"][] = ["entered_review_mode", "agent_message", "exited_review_mode", "task_complete"];
    expect(messages.filter(({ type }) => types.includes(type))).toMatchObject([
      { type: "entered_review_mode", user_facing_hint: "changes against 'main'" },
      { type: "agent_message", message: "I look first." },
      { type: "exited_review_mode", review_output: OUTPUT },
      { type: "agent_message", message: TEXT },
      { type: "task_complete", last_agent_message: TEXT },
    ]);
    expect(messages.some(({ type }) => type === "agent_message_content_delta")).toBe(false);
  });

  it("fails as a turn does, and is refused without a target", async () => {
    const model = scriptedModel([{ events: [], error: new Error("no model") }]);
    await using codex = createCodex({ env: env(), models: model });
    await expect(codex.review({ type: "commit", sha: "abc" }, { cwd: work.path })).rejects.toThrow("no model");
    await expect(codex.review({ type: "custom", instructions: " " })).rejects.toMatchObject({ code: "bad_request" });
    await expect(codex.review({ type: "commit", sha: "--x" })).rejects.toMatchObject({ code: "bad_request" });
  });
});

describe("an answer of a reviewer", () => {
  it.each([
    ["JSON", JSON.stringify(OUTPUT), OUTPUT],
    ["JSON between words", `Here: \`\`\`json\n${JSON.stringify(OUTPUT)}\n\`\`\` done`, OUTPUT],
    ["a priority in the title only", JSON.stringify({ ...OUTPUT, findings: [{ ...FINDING, priority: null }] }), OUTPUT],
  ])("is read from %s", (_name, text, output) => {
    expect(parseReview(text)).toEqual(output);
  });

  it("is an explanation when it is something else", () => {
    expect(parseReview("Looks {fine}.")).toMatchObject({ findings: [], overall_explanation: "Looks {fine}." });
    expect(reviewText(parseReview(""))).toBe("The reviewer said nothing.");
  });
});
