import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ev, mockProviderConfig, startResponsesServer, temporaryHome, workspace } from "@codex/test-support";
import type { ResponsesServer, TemporaryFolder } from "@codex/test-support";
import { codex } from "./codex.js";

let server: ResponsesServer;
let home: TemporaryFolder;
let project: TemporaryFolder;

beforeEach(async () => {
  server = await startResponsesServer();
  home = await temporaryHome({ config: mockProviderConfig(server.url) });
  project = await workspace({ git: true, files: { "AGENTS.md": "use tabs\n", "a.txt": "a\n" } });
  await home.write("AGENTS.md", "be brief\n");
  await home.write("skills/pdf/SKILL.md", "---\nname: pdf\ndescription: Reads PDF files.\n---\nUse pdftotext.\n");
});

afterEach(async () => {
  await Promise.all([home[Symbol.asyncDispose](), project[Symbol.asyncDispose]()]);
  await server[Symbol.asyncDispose]();
});

const options = () => ({ cwd: project.path, env: { CODEX_HOME: home.path } });

function inputOf(body: unknown): unknown {
  return typeof body === "object" && body !== null ? Reflect.get(body, "input") : undefined;
}

describe("codex debug prompt", () => {
  it("shows exactly what codex exec sends, and sends nothing", async () => {
    const shown = await codex(["debug", "prompt", "--json", "do it"], options());
    expect(shown).toMatchObject({ code: 0, stderr: "" });
    expect(server.requests).toHaveLength(0);
    server.answer([ev.message("ok"), ev.completed()]);
    await codex(["exec", "do it"], options());
    const sent: unknown = server.single().body;
    const body: unknown = JSON.parse(shown.stdout);
    expect(inputOf(body)).toEqual(inputOf(sent));
    expect(Object.keys(body ?? {}).sort()).toEqual(Object.keys(sent ?? {}).sort());
  });

  it("tells the size and source of every part", async () => {
    await home.write("user/.agents/skills/tidy/SKILL.md", "---\nname: tidy\ndescription: Tidies up.\n---\nSort.\n");
    const { cwd, env } = options();
    const shared = { ...env, HOME: `${home.path}/user` };
    const { stdout } = await codex(["debug", "prompt", "do it"], { cwd, env: shared });
    expect(stdout).toMatch(/^ +1 +\d+ +\d+ {2}instructions +built in$/m);
    expect(stdout).toContain(`${home.path}/AGENTS.md (8), ${project.path}/AGENTS.md (8)`);
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
    await home.write("config.toml", `model_auto_compact_token_limit = 100\n${mockProviderConfig(server.url)}`);
    server.answer(
      [ev.message("a long thought"), ev.completed()],
      [ev.message("sum"), ev.completed()],
      [ev.message("b"), ev.completed()],
    );
    const first = await codex(["exec", "--json", "first"], options());
    const id: unknown = Reflect.get(Object(JSON.parse(first.stdout.split("\n")[0] ?? "{}")), "thread_id");
    await codex(["exec", "resume", String(id), "second"], options());
    const { stdout, code } = await codex(["debug", "dropped", String(id)], options());
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ +\d+ {2}assistant message +a long thought$/m);
    expect(stdout).toMatch(/^1 compactions; every item stands in .*rollout-.*\.jsonl$/m);
    expect(await codex(["debug", "dropped"], options())).toMatchObject({ code: 2 });
  });
});

describe("the notifier of the configuration", () => {
  it("is told of a finished turn", async () => {
    const told = `${project.path}/told`;
    const script = `printf %s "$0" > ${told}.part && mv ${told}.part ${told}`;
    await home.write(
      "config.toml",
      `notify = ["sh", "-c", ${JSON.stringify(script)}]\n${mockProviderConfig(server.url)}`,
    );
    server.answer([ev.message("all done"), ev.completed()]);
    await codex(["exec", "do it"], options());
    await expect.poll(() => project.read("told"), { timeout: 5000 }).toContain('"last-assistant-message":"all done"');
  });
});

describe("codex debug schema", () => {
  it("prints one document, or writes a file for each type", async () => {
    const { stdout } = await codex(["debug", "schema"], options());
    expect(JSON.parse(stdout)).toMatchObject({ $defs: { Op: {}, EventMsg: {}, ThreadEvent: {}, RolloutItem: {} } });
    const written = await codex(["debug", "schema", "--out", "schemas"], options());
    expect(written).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse((await project.read("schemas/Submission.json")) ?? "")).toMatchObject({ required: ["id", "op"] });
  });
});
