import { createDirectEnvironment } from "@codex/exec";
import { loadConfig } from "@codex/config";
import { findHelper } from "@codex/linux-sandbox";
import { callId } from "@codex/protocol";
import type { HookAnswer, Hooks, ToolCall } from "@codex/protocol";
import { ev, fakeEnvironment, say, scriptedModel, temporaryFolder, temporaryHome } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { createCommandHooks } from "../../src/hooks/command-hooks.js";
import { readAnswer } from "../../src/hooks/hook-answer.js";
import type { HookRule } from "../../src/hooks/hook-rule.js";
import { hookRulesOf, readHooks } from "../../src/hooks/hook-rule.js";
import { NO_HOOKS } from "../../src/hooks/no-hooks.js";
import { powers, testEngine } from "../support/engine.js";
import { liveSession } from "../support/live.js";
import { testTurn } from "../support/turn.js";

const CONTINUE = { type: "continue" } as const;
const text = (prompt: { readonly input: readonly unknown[] } | undefined): string => JSON.stringify(prompt?.input);

describe("hooks around a turn", () => {
  const said: string[] = [];
  const hooks = (
    answers: Partial<Record<"before" | "after" | "session_start" | "prompt" | "stop", HookAnswer>>,
  ): Hooks => ({
    before: () => Promise.resolve(answers.before ?? CONTINUE),
    after: () => Promise.resolve(answers.after ?? CONTINUE),
    on: (point) => {
      said.push(point.type);
      return Promise.resolve(answers[point.type] ?? CONTINUE);
    },
  });
  const deny = { type: "deny", reason: "not today" } as const;

  it("a refusal before a tool keeps it from running, and the model reads why", async () => {
    const environment = fakeEnvironment();
    const model = scriptedModel([[say.call("c1", "exec_command", { cmd: "ls" })], say.message("x")]);
    const engine = await testEngine({ model, environment, hooks: hooks({ before: deny }) });
    await engine.ask("go");
    expect(environment.ran).toHaveLength(0);
    expect(text(model.prompts[1])).toContain("exec_command rejected by a hook: not today");
  });

  it("words before and after a tool, and a refusal after it, stand behind what it gave", async () => {
    const environment = fakeEnvironment({ run: () => ({ stdout: "listing\n" }) });
    const model = scriptedModel([[say.call("c1", "exec_command", { cmd: "ls" })], say.message("x")]);
    const before = { type: "continue", context: "mind the gap" } as const;
    const engine = await testEngine({ model, environment, hooks: hooks({ before, after: deny }) });
    await engine.ask("go");
    expect(text(model.prompts[1])).toMatch(/listing\\n\\n\[hook\] mind the gap\\n\[hook\] not today/);
  });

  it("speak at the start of the session once, and at every prompt", async () => {
    const model = scriptedModel([say.message("x"), say.message("y")]);
    const session_start = { type: "continue", context: "house rules" } as const;
    const prompt = { type: "continue", context: "it is Friday" } as const;
    const engine = await testEngine({ model, hooks: hooks({ session_start, prompt }) });
    await engine.ask("go");
    await engine.ask("on");
    expect(text(model.prompts[1]).split("house rules")).toHaveLength(2);
    expect(text(model.prompts[1]).split("it is Friday")).toHaveLength(3);
  });

  it("may refuse a prompt: the turn fails, and the model never hears of it", async () => {
    const model = scriptedModel([]);
    const engine = await testEngine({ model, hooks: hooks({ prompt: deny }) });
    const messages = await engine.ask("secret");
    expect(messages.at(-1)).toMatchObject({ error: { message: "a hook refused the prompt: not today" } });
    expect(JSON.stringify(engine.log)).not.toContain("secret");
  });

  it("may put off the end, but not for ever", async () => {
    const model = scriptedModel(Array.from({ length: 6 }, (_, step) => say.message(`m${step}`)));
    const engine = await testEngine({ model, hooks: hooks({ stop: deny }) });
    const messages = await engine.ask("go");
    expect(messages.at(-1)).toMatchObject({ type: "task_complete", last_agent_message: "m5" });
    expect(text(model.prompts[1])).toContain("not today");
    model.verify();
  });
});

describe("what a hook's command says", () => {
  const end = (exit_code: number, stdout = "", stderr = "") => ({ exit_code, stdout, stderr });
  it.each([
    ["nothing", "PreToolUse", end(0), CONTINUE],
    ["exit code 2", "PreToolUse", end(2, "", "no\n"), { type: "deny", reason: "no" }],
    ["exit code 2 without a word", "Stop", end(2), { type: "deny", reason: "it gave no reason" }],
    ["another exit code", "PreToolUse", end(1, "", "oops"), { type: "broken", text: "exit code 1: oops" }],
    ["block", "PostToolUse", end(0, '{"decision":"block","reason":"r"}'), { type: "deny", reason: "r" }],
    ["stop", "Stop", end(0, '{"continue":false,"stopReason":"s"}'), { type: "deny", reason: "s" }],
    [
      "deny",
      "PreToolUse",
      end(0, '{"hookSpecificOutput":{"permissionDecision":"deny","permissionDecisionReason":"r"}}'),
      { type: "deny", reason: "r" },
    ],
    ["allow, which it cannot", "PreToolUse", end(0, '{"hookSpecificOutput":{"permissionDecision":"allow"}}'), CONTINUE],
    [
      "context",
      "PostToolUse",
      end(0, '{"hookSpecificOutput":{"additionalContext":"c"}}'),
      { type: "continue", context: "c" },
    ],
    ["plain words at a prompt", "UserPromptSubmit", end(0, "c\n"), { type: "continue", context: "c" }],
    ["plain words at a tool", "PostToolUse", end(0, "formatted 2 files\n"), CONTINUE],
    ["broken JSON", "UserPromptSubmit", end(0, "{ not json"), { type: "continue", context: "{ not json" }],
  ] as const)("%s", (_name, event, ended, expected) => {
    expect(readAnswer(event, ended)).toEqual(expected);
  });

  it("is bounded on its way to the model", () => {
    const answer = readAnswer("UserPromptSubmit", end(0, "x".repeat(1_000_000)));
    expect(JSON.stringify(answer).length).toBeLessThan(11_000);
  });
});

describe("hooks that are commands", () => {
  const call: ToolCall = {
    call_id: callId("c1"),
    name: "exec_command",
    kind: "function",
    text: '{"cmd":"rm x"}',
  };
  const rule = (command: string, more: Partial<HookRule> = {}): HookRule => ({
    event: "PreToolUse",
    command,
    timeout_ms: 5_000,
    source: "/config.toml",
    ...more,
  });

  async function ask(rules: readonly HookRule[], point: "before" | "after" | "stop" = "before") {
    await using folder = await temporaryFolder("codex-hooks-");
    const host = createDirectEnvironment({ id: "direct", helper: findHelper(), allow_missing: [] });
    const turn = testTurn({ settings: { cwd: folder.path } });
    const hooks = createCommandHooks({ rules, host, powers });
    const output = { success: true, content: [] };
    const answer =
      point === "before"
        ? await hooks.before(call, turn)
        : point === "after"
          ? await hooks.after(call, output, turn)
          : await hooks.on({ type: "stop", last_message: "done", again: false }, turn);
    return { answer, turn, told: await folder.read("told") };
  }

  it("get JSON on stdin, in the session's directory", async () => {
    const { told } = await ask([rule("cat > told")]);
    expect(JSON.parse(told ?? "")).toMatchObject({
      hook_event_name: "PreToolUse",
      tool_name: "exec_command",
      tool_use_id: "c1",
      tool_input: { cmd: "rm x" },
      approval_policy: "never",
      sandbox_mode: "workspace-write",
    });
  });

  it("refuse by what they read", async () => {
    const { answer } = await ask([rule('grep -q "rm x" && { echo no rm >&2; exit 2; } || true')]);
    expect(answer).toEqual({ type: "deny", reason: "no rm" });
  });

  it("are asked only for the tools they name, wholly", async () => {
    const matcher = (pattern: string) =>
      readHooks({ PreToolUse: [{ matcher: pattern, hooks: [{ type: "command", command: "exit 2" }] }] }, "x");
    for (const pattern of ["apply_patch", "exec", "write_file|read_file"]) {
      expect((await ask(matcher(pattern))).answer).toEqual(CONTINUE);
    }
    for (const pattern of ["exec_command", "exec_.*", "apply_patch|exec_command", "*", ""]) {
      expect((await ask(matcher(pattern))).answer).toMatchObject({ type: "deny" });
    }
  });

  it("need not read what they are told", async () => {
    expect((await ask([rule("exec 0<&-; exit 0")])).answer).toEqual(CONTINUE);
  });

  it("that give no answer refuse before a tool, and warn after it", async () => {
    const late = { timeout_ms: 100 };
    expect((await ask([rule("sleep 60", late)])).answer).toMatchObject({
      type: "deny",
      reason: expect.stringContaining("longer than 0.1 s"),
    });
    expect((await ask([rule("exit 1")])).answer).toMatchObject({ type: "deny" });
    const after = await ask([rule("exit 1", { event: "PostToolUse" })], "after");
    expect(after.answer).toEqual(CONTINUE);
    expect(after.turn.emitted).toMatchObject([{ type: "warning", message: expect.stringContaining("/config.toml") }]);
  });

  it("run together, and one refusal is enough", async () => {
    const say = (words: string): HookRule => rule(`echo '{"additionalContext":"${words}"}'`);
    expect((await ask([say("a"), say("b")])).answer).toEqual({ type: "continue", context: "a\nb" });
    expect((await ask([say("a"), rule("exit 2")])).answer).toMatchObject({ type: "deny" });
  });
});

describe("where hooks come from", () => {
  const HOOK = '[[hooks.PreToolUse]]\n[[hooks.PreToolUse.hooks]]\ntype = "command"\ncommand = "exit 2"\n';

  it("is every trusted layer, and a project nobody trusts is none", async () => {
    await using project = await temporaryFolder("codex-project-");
    await using home = await temporaryHome({ config: HOOK });
    await project.write(".codex/config.toml", HOOK);
    const rules = async () => hookRulesOf(await loadConfig({ cwd: project.path, home: home.path, env: {} }));
    expect((await rules()).map(({ source }) => source)).toEqual([`${home.path}/config.toml`]);
    await home.write("config.toml", `${HOOK}\n[projects.${JSON.stringify(project.path)}]\ntrust_level = "trusted"\n`);
    expect((await rules()).map(({ source }) => source)).toEqual([
      `${home.path}/config.toml`,
      `${project.path}/.codex/config.toml`,
    ]);
  });

  it.each([
    [{ PreToolUse: [{ hooks: [{ type: "prompt", prompt: "x" }] }] }],
    [{ PreToolUse: [{ hooks: [{ type: "command", command: "" }] }] }],
    [{ PreToolUse: [{ matcher: "(", hooks: [{ type: "command", command: "x" }] }] }],
    [{ PreTool: [] }],
    [{ PreToolUse: "x" }],
  ])("that cannot be read is an error, not silence: %j", (value) => {
    expect(() => readHooks(value, "/config.toml")).toThrow(/^\/config\.toml: hooks/);
  });

  it("holds in a real session, outside the sandbox", async () => {
    const config =
      'features = { hooks = true }\nhooks = { PreToolUse = [{ matcher = "exec_command", hooks = [{ type = "command", command = "touch hooked; exit 2" }] }] }';
    await using live = await liveSession({ approval: '"never"', sandbox: "read-only", config });
    const { output } = await live.exec({ cmd: "echo hi" });
    expect(output).toContain("exec_command rejected by a hook");
    expect(await live.workspace.read("hooked")).toBe("");
    const patch = await live.call(ev.customCall("p1", "apply_patch", "*** Begin Patch\n*** End Patch"));
    expect(patch.output).not.toContain("hook");
  });
});

it("no hooks say nothing", async () => {
  const turn = testTurn();
  expect(await NO_HOOKS.on({ type: "session_start" }, turn)).toEqual(CONTINUE);
});
