import { beforeEach, describe, expect, it } from "vitest";
import { ev, mockProviderConfig } from "@codex/test-support";
import { codex } from "./codex.js";
import { field } from "./json-text.js";
import { setStage } from "./stage.js";

const stage = setStage({ files: { "AGENTS.md": "use tabs\n", "a.txt": "a\n" } });

beforeEach(async () => {
  await stage.home.write("AGENTS.md", "be brief\n");
  await stage.home.write("skills/pdf/SKILL.md", "---\nname: pdf\ndescription: Reads PDF files.\n---\nUse pdftotext.\n");
});

describe("codex debug prompt", () => {
  it("shows exactly what codex exec sends, and sends nothing", async () => {
    const shown = await codex(["debug", "prompt", "--json", "do it"], stage.options());
    expect(shown).toMatchObject({ code: 0, stderr: "" });
    expect(stage.server.requests).toHaveLength(0);
    stage.server.answer([ev.message("ok"), ev.completed()]);
    await codex(["exec", "do it"], stage.options());
    const sent: unknown = stage.server.single().body;
    const body: unknown = JSON.parse(shown.stdout);
    expect(field(body, "input")).toEqual(field(sent, "input"));
    expect(Object.keys(body ?? {}).sort()).toEqual(Object.keys(sent ?? {}).sort());
  });

  it("tells the size and source of every part", async () => {
    await stage.home.write(
      "user/.agents/skills/tidy/SKILL.md",
      "---\nname: tidy\ndescription: Tidies up.\n---\nSort.\n",
    );
    const shared = stage.options({ env: { HOME: `${stage.home.path}/user` } });
    const { stdout } = await codex(["debug", "prompt", "do it"], shared);
    expect(stdout).toMatch(/^ +1 +\d+ +\d+ {2}instructions +built in$/m);
    expect(stdout).toContain(`${stage.home.path}/AGENTS.md (8), ${stage.project.path}/AGENTS.md (8)`);
    expect(stdout).toMatch(/developer message +sandbox and approval settings$/m);
    expect(stdout).toMatch(/developer message +skills of CODEX_HOME and project$/m);
    expect(stdout).toContain("- pdf: Reads PDF files.");
    expect(stdout).toContain("- tidy: Tidies up.");
    expect(stdout).toMatch(/user message +the prompt$/m);
    expect(stdout).toMatch(/^the whole request: \d+ bytes/m);
  });
});

describe("codex debug dropped", () => {
  it("lists what compactions left out", async () => {
    await stage.home.write(
      "config.toml",
      `model_auto_compact_token_limit = 100\n${mockProviderConfig(stage.server.url)}`,
    );
    stage.server.answer(
      [ev.message("a long thought"), ev.completed()],
      [ev.message("sum"), ev.completed()],
      [ev.message("b"), ev.completed()],
    );
    const first = await codex(["exec", "--json", "first"], stage.options());
    const id: unknown = Reflect.get(Object(JSON.parse(first.stdout.split("\n")[0] ?? "{}")), "thread_id");
    await codex(["exec", "resume", String(id), "second"], stage.options());
    const { stdout, code } = await codex(["debug", "dropped", String(id)], stage.options());
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ +\d+ {2}assistant message +a long thought$/m);
    expect(stdout).toMatch(/^1 compactions; every item stands in .*rollout-.*\.jsonl$/m);
    expect(await codex(["debug", "dropped"], stage.options())).toMatchObject({ code: 2 });
  });
});

describe("the notifier of the configuration", () => {
  it("is told of a finished turn", async () => {
    const told = `${stage.project.path}/told`;
    const script = `printf %s "$0" > ${told}.part && mv ${told}.part ${told}`;
    await stage.home.write(
      "config.toml",
      `notify = ["sh", "-c", ${JSON.stringify(script)}]\n${mockProviderConfig(stage.server.url)}`,
    );
    stage.server.answer([ev.message("all done"), ev.completed()]);
    await codex(["exec", "do it"], stage.options());
    await expect
      .poll(() => stage.project.read("told"), { timeout: 5000 })
      .toContain('"last-assistant-message":"all done"');
  });
});

describe("codex debug schema", () => {
  it("prints one document, or writes a file for each type", async () => {
    const { stdout } = await codex(["debug", "schema"], stage.options());
    expect(JSON.parse(stdout)).toMatchObject({ $defs: { Op: {}, EventMsg: {}, ThreadEvent: {}, RolloutItem: {} } });
    const written = await codex(["debug", "schema", "--out", "schemas"], stage.options());
    expect(written).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse((await stage.project.read("schemas/Submission.json")) ?? "")).toMatchObject({
      required: ["id", "op"],
    });
  });
});
