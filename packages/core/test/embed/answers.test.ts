import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ModelStep } from "@codex/test-support";
import { say, scriptedModel } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import * as z3 from "zod/v3";
import type { CodexLibrary, SessionOptions } from "../../src/index.js";
import { createCodex } from "../../src/index.js";
import { setStage } from "./stage.js";

const stage = setStage();

type Model = ReturnType<typeof scriptedModel>;

function codexWith(models: Model): CodexLibrary {
  const env = { PATH: process.env["PATH"], HOME: stage.home.path, CODEX_HOME: stage.home.path };
  const codex = createCodex({ env, models });
  stage.opened.push(codex);
  return codex;
}

const free = (): SessionOptions => ({ cwd: stage.work.path, sandboxMode: "danger-full-access" });

describe("an answer with a schema", () => {
  const City = z.object({ name: z.string(), people: z.number() });

  it("comes as what zod reads in it", async () => {
    const models = scriptedModel([
      say.message('{"name":"Rome","people":3}'),
      say.message('{"name":"Oslo","people":1}'),
    ]);
    const session = await codexWith(models).start(free());
    const { output } = await session.run("which?", { outputSchema: City });
    expect(output.name.toUpperCase() + output.people.toFixed(1)).toBe("ROME3.0");
    const { result } = await session.runStreamed("and?", { outputSchema: z3.object({ name: z3.string() }) });
    expect((await result()).output.name).toBe("Oslo");
    for (const { output_schema } of models.prompts) {
      expect(output_schema).toMatchObject({ type: "object", additionalProperties: false });
    }
    expect(models.prompts[0]?.output_schema).toMatchObject({ required: ["name", "people"] });
  });

  it("that does not fit is a failed turn, and the next one works", async () => {
    const models = scriptedModel([say.message("Rome"), say.message('{"name":"Rome"}'), say.message("ok")]);
    const session = await codexWith(models).start(free());
    for (const question of ["1", "2"]) {
      const turn = session.run(question, { outputSchema: City });
      await expect(turn).rejects.toMatchObject({ code: "turn_failed", reason: "decode_failed" });
    }
    expect((await session.run("3")).finalResponse).toBe("ok");
  });

  it("that no server could be told asks nobody", async () => {
    const session = await codexWith(scriptedModel([])).start(free());
    const turn = session.run("1", { outputSchema: z.object({ at: z.date() }) });
    await expect(turn).rejects.toMatchObject({ code: "bad_request", message: expect.stringContaining("outputSchema") });
  });
});

describe("what a turn did", () => {
  const touch: ModelStep = [say.call("c1", "exec_command", { cmd: "touch made", login: false })];

  it("is listed, looked at, taken back and made again", async () => {
    const session = await codexWith(scriptedModel([touch, say.message("done")])).start(free());
    const made = join(stage.work.path, "made");
    await session.run("make it");
    expect(await session.undoSteps()).toMatchObject([{ state: "done", added: 1 }]);
    expect(await session.undo({ preview: true })).toMatchObject({ turns: 1, report: { changes: [{ path: made }] } });
    expect(existsSync(made)).toBe(true);
    expect(await session.undo()).toMatchObject({ turns: 1, report: { conflicts: [] } });
    expect(existsSync(made)).toBe(false);
    await session.redo();
    expect(existsSync(made)).toBe(true);
  });

  it("stays where somebody changed it since, which is reported", async () => {
    const session = await codexWith(scriptedModel([touch, say.message("done")])).start(free());
    const turn = session.run("make it");
    const made = join(stage.work.path, "made");
    await turn;
    await writeFile(made, "mine");
    const { report } = await session.undo();
    expect(report?.conflicts).toMatchObject([{ path: made }]);
    expect(existsSync(made)).toBe(true);
  });

  it("is asked for behind the turns that run, and refused where there is nothing", async () => {
    const session = await codexWith(scriptedModel([touch, say.message("done")])).start(free());
    await expect(session.undo()).rejects.toMatchObject({ code: "bad_request" });
    void session.run("make it");
    expect(await session.undo()).toMatchObject({ turns: 1 });
    await session[Symbol.asyncDispose]();
    await expect(session.undo()).rejects.toMatchObject({ code: "bad_request" });
  });
});
