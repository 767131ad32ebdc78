import type { Prompt, TurnSettings } from "@codex/protocol";
import type { ModelInfo } from "@codex/protocol";
import { say, scriptedModel } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import type { BuiltinConfig } from "../../src/tools/builtin/source.js";
import { builtinTools } from "../../src/tools/builtin/source.js";
import { createRouter } from "../../src/tools/router.js";
import { powers, testEngine } from "../support/engine.js";
import { testTurn } from "../support/turn.js";

const FILES = ["read_file", "write_file", "edit_file", "list_dir", "grep_files", "find_files"];

type Case = {
  readonly info?: Partial<ModelInfo>;
  readonly settings?: Partial<TurnSettings>;
  readonly config?: Partial<BuiltinConfig>;
};

async function routerOf({ info, settings, config }: Case) {
  const turn = testTurn(settings === undefined ? {} : { settings });
  const model = { ...turn.model, info: { ...turn.model.info, ...info } };
  const all = { shell: true, view_image: true, web_search: "disabled", ...config } as const;
  return createRouter([builtinTools(powers, undefined, all)], { ...turn, model });
}

async function offered(options: Case): Promise<readonly string[]> {
  const { specs } = await routerOf(options);
  return specs.map((spec) => ("name" in spec ? spec.name : spec.type));
}

const CORE = ["exec_command", "write_stdin", "update_plan", "apply_patch", "view_image"];

describe("what a model is offered", () => {
  it.each(["gpt-5.5", "gpt-5-codex", "codex-mini-latest", "o3", "openai/gpt-5", "gpt-4.1"])(
    "%s: the core",
    async (slug) => {
      expect(await offered({ info: { slug } })).toEqual(CORE);
    },
  );

  it.each(["qwen3-coder", "claude-x", "meta/llama-4", "my-gpt-like"])("%s: file tools too", async (slug) => {
    expect(await offered({ info: { slug } })).toEqual([...CORE.slice(0, 4), ...FILES, "view_image"]);
  });

  it("depends on what it can see, whom it may ask, and on the configuration", async () => {
    const info = { slug: "gpt-5" };
    expect(await offered({ info: { ...info, images: false } })).not.toContain("view_image");
    expect(await offered({ info, config: { view_image: false } })).not.toContain("view_image");
    expect(await offered({ info, settings: { approval_policy: "on-request" } })).toContain("request_user_input");
    expect(await offered({ info, config: { web_search: "cached" } })).toContain("web_search");
    expect(await offered({ info, config: { shell: false } })).toEqual(["update_plan", "apply_patch", "view_image"]);
  });

  it("tells the server whether the web may be reached", async () => {
    const specs = async (web_search: "cached" | "live") => (await routerOf({ config: { web_search } })).specs;
    expect(await specs("cached")).toContainEqual({ type: "web_search", external_web_access: false });
    expect(await specs("live")).toContainEqual({ type: "web_search", external_web_access: true });
  });

  it("is not all that is answered, except for commands where there are none", async () => {
    const router = await routerOf({ info: { slug: "gpt-5" } });
    for (const name of [...FILES, "shell", "request_user_input"]) expect(router.find(name)).toBeDefined();
    const quiet = await routerOf({ config: { shell: false } });
    for (const name of ["exec_command", "write_stdin", "shell", "shell_command", "container.exec"]) {
      expect(quiet.find(name)).toBeUndefined();
    }
  });

  it("fits into a few thousand tokens", async () => {
    const { specs } = await routerOf({ info: { slug: "gpt-5.5" } });
    expect(JSON.stringify(specs).length / 4).toBeLessThan(1500);
    const { specs: all } = await routerOf({ info: { slug: "x" } });
    expect(JSON.stringify(all).length / 4).toBeLessThan(2500);
  });
});

describe("request_user_input", () => {
  const questions = [
    {
      id: "db",
      header: "Database",
      question: "Which one?",
      options: [
        { label: "A", description: "a" },
        { label: "B", description: "b" },
      ],
    },
  ];
  const outputOf = (prompt: Prompt | undefined): string => JSON.stringify(prompt?.input.at(-1));

  it("puts the questions to the person, and the answers to the model", async () => {
    const model = scriptedModel([[say.call("c1", "request_user_input", { questions })], say.message("x")]);
    const engine = await testEngine({ model, settings: { approval_policy: "on-request" } });
    engine.submit({ type: "user_input", items: [{ type: "text", text: "go" }] });
    const asked = await engine.until("request_user_input");
    expect(asked).toMatchObject({ call_id: "c1", questions: [{ id: "db", isOther: true, isSecret: false }] });
    const id = asked.type === "request_user_input" ? asked.turn_id : "";
    engine.submit({ type: "exec_approval", id, decision: "approved" });
    engine.submit({ type: "user_input_answer", id, response: { answers: { db: { answers: ["B"] } } } });
    await engine.until("task_complete");
    expect(outputOf(model.prompts[1])).toContain(String.raw`{\"answers\":{\"db\":{\"answers\":[\"B\"]}}}`);
  });

  it("says so when there is no answer, nobody to ask, or nothing to choose from", async () => {
    const one = { ...questions[0], options: [{ label: "A", description: "a" }] };
    const model = scriptedModel([
      [say.call("c1", "request_user_input", { questions })],
      [say.call("c2", "request_user_input", { questions: [one] })],
      say.message("x"),
    ]);
    const engine = await testEngine({ model, settings: { approval_policy: "on-request" } });
    engine.submit({ type: "user_input", items: [{ type: "text", text: "go" }] });
    const asked = await engine.until("request_user_input");
    const id = asked.type === "request_user_input" ? asked.turn_id : "";
    engine.submit({ type: "user_input_answer", id, response: { answers: {} } });
    await engine.until("task_complete");
    expect(outputOf(model.prompts[1])).toContain("the user did not answer");
    expect(outputOf(model.prompts[2])).toContain("failed to parse function arguments");
    const alone = scriptedModel([[say.call("c1", "request_user_input", { questions })], say.message("x")]);
    await (await testEngine({ model: alone })).ask("go");
    expect(outputOf(alone.prompts[1])).toContain("request_user_input is unavailable");
  });

  it("ends with its turn", async () => {
    const model = scriptedModel([[say.call("c1", "request_user_input", { questions })]]);
    const engine = await testEngine({ model, settings: { approval_policy: "on-request" } });
    engine.submit({ type: "user_input", items: [{ type: "text", text: "go" }] });
    await engine.until("request_user_input");
    engine.submit({ type: "interrupt" });
    await engine.until("turn_aborted");
  });
});
