import type { ApprovalPolicy, EventMsg } from "@codex/protocol";
import { fakeEnvironment, say, scriptedModel } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { testEngine } from "../support/engine.js";

const outputs = (messages: readonly EventMsg[]): readonly string[] =>
  messages.flatMap((message) => {
    if (message.type !== "raw_response_item") return [];
    const { item } = message;
    if (item.type !== "function_call_output" && item.type !== "custom_tool_call_output") return [];
    return [typeof item.output === "string" ? item.output : JSON.stringify(item.output)];
  });

describe("exec_command", () => {
  it("runs confined to the session's directory, and gives output and exit code to the model", async () => {
    const environment = fakeEnvironment({ run: () => ({ stdout: "a\n", stderr: "b\n", exit: 3 }) });
    const model = scriptedModel([[say.call("c1", "exec_command", { cmd: "make", workdir: "sub" })], say.message("x")]);
    const engine = await testEngine({ model, environment });
    const messages = await engine.ask("go");
    expect(environment.ran[0]?.request).toMatchObject({ argv: ["bash", "-lc", "make"], cwd: "/work/sub" });
    expect(environment.ran[0]?.confined).toMatchObject({ cwd: "/work" });
    const [output] = outputs(messages);
    expect(output).toMatch(/^Chunk ID: [0-9a-f]{6}\nWall time: \d+\.\d{4} seconds\nProcess exited with code 3\n/);
    expect(output).toMatch(/Original token count: 1\nOutput:\na\nb\n$/);
    expect(messages.find(({ type }) => type === "exec_command_end")).toMatchObject({
      exit_code: 3,
      aggregated_output: "a\nb\n",
      status: "failed",
    });
  });

  it("explains a denial behind the command's own words", async () => {
    const denied = { layer: "filesystem", target: "/etc/x", certain: true, allow_with: "--add-dir /etc" } as const;
    const environment = fakeEnvironment({
      run: () => ({ stderr: "touch: /etc/x: Read-only file system\n", exit: 1, denied }),
    });
    const model = scriptedModel([[say.call("c1", "exec_command", { cmd: "touch /etc/x" })], say.message("x")]);
    const engine = await testEngine({ model, environment });
    const messages = await engine.ask("go");
    const [output] = outputs(messages);
    expect(messages.find(({ type }) => type === "exec_command_end")).toMatchObject({ denial: denied });
    expect(output).toContain("Read-only file system\n[sandbox] the sandbox refused this (/etc/x)");
    expect(output).toContain("--add-dir /etc");
  });

  it("is refused, and still shown, when it asks to leave the sandbox and nobody can be asked", async () => {
    const environment = fakeEnvironment();
    const args = { cmd: "touch /etc/x", sandbox_permissions: "require_escalated", justification: "may I?" };
    const model = scriptedModel([[say.call("c1", "exec_command", args)], say.message("x")]);
    const engine = await testEngine({ model, environment });
    const messages = await engine.ask("go");
    expect(environment.ran).toHaveLength(0);
    expect(messages.filter(({ type }) => type === "exec_command_begin")).toHaveLength(1);
    expect(messages.find(({ type }) => type === "exec_command_end")).toMatchObject({ status: "declined" });
    expect(outputs(messages)[0]).toContain("exec command rejected");
  });

  it("never runs when the sandbox cannot be set up", async () => {
    const environment = fakeEnvironment({ refuses: "no user namespaces here" });
    const model = scriptedModel([[say.call("c1", "exec_command", { cmd: "ls" })], say.message("x")]);
    const engine = await testEngine({ model, environment });
    const messages = await engine.ask("go");
    expect(environment.ran).toHaveLength(0);
    expect(outputs(messages)[0]).toContain("no user namespaces here");
  });

  it("runs as it is only under danger-full-access", async () => {
    const environment = fakeEnvironment();
    const model = scriptedModel([[say.call("c1", "exec_command", { cmd: "ls" })], say.message("x")]);
    const engine = await testEngine({
      model,
      environment,
      settings: { sandbox_policy: { type: "danger-full-access" } },
    });
    await engine.ask("go");
    expect(environment.ran[0]?.confined).toBeUndefined();
  });

  it("tells the model what is wrong with its arguments, and what tool it does not have", async () => {
    const model = scriptedModel([
      [
        say.call("c1", "exec_command", '{"cmd": '),
        say.call("c2", "exec_command", { cmd: 7 }),
        say.call("c3", "teleport", {}),
        say.customCall("c4", "beam", "x"),
      ],
      say.message("x"),
    ]);
    const engine = await testEngine({ model });
    const [broken, wrong, unknown, custom] = outputs(await engine.ask("go"));
    expect(broken).toMatch(/^failed to parse function arguments: /);
    expect(wrong).toMatch(/^failed to parse function arguments: `cmd`/);
    expect(unknown).toBe("unsupported call: teleport");
    expect(custom).toBe("unsupported custom tool call: beam");
  });

  it("gives outputs in call order, and lets a patch wait for the commands before it", async () => {
    const order: string[] = [];
    const environment = fakeEnvironment({
      files: { "/work/a.txt": "one\n" },
      run: ({ argv }) => {
        order.push(argv.at(-1) ?? "");
        return {};
      },
    });
    const patch = "*** Begin Patch\n*** Update File: a.txt\n-one\n+two\n*** End Patch";
    const model = scriptedModel([
      [
        say.call("c1", "exec_command", { cmd: "first" }),
        say.customCall("c2", "apply_patch", patch),
        say.call("c3", "exec_command", { cmd: "second" }),
      ],
      say.message("x"),
    ]);
    const engine = await testEngine({ model, environment });
    await engine.ask("go");
    const answered = model.prompts[1]?.input.slice(-3).map((item) => ("call_id" in item ? item.call_id : ""));
    expect(answered).toEqual(["c1", "c2", "c3"]);
    expect(order).toEqual(["first", "second"]);
    expect(environment.text("/work/a.txt")).toBe("two\n");
  });

  it("answers the older shell tools that it does not offer", async () => {
    const environment = fakeEnvironment({ run: () => ({ stdout: "hi\n" }) });
    const model = scriptedModel([
      [say.call("c1", "shell", { command: ["echo", "hi"] }), say.call("c2", "shell_command", { command: "echo hi" })],
      say.message("x"),
    ]);
    const engine = await testEngine({ model, environment });
    const found = outputs(await engine.ask("go"));
    expect(environment.ran.map(({ request }) => request.argv)).toEqual([
      ["echo", "hi"],
      ["bash", "-lc", "echo hi"],
    ]);
    for (const output of found) expect(output).toMatch(/^Exit code: 0\nWall time: [\d.]+ seconds\nOutput:\nhi\n$/);
  });
});

describe("apply_patch", () => {
  const patch = "*** Begin Patch\n*** Add File: new.txt\n+hello\n*** End Patch";

  it("applies in both forms and inside a shell call, and shows the turn's diff", async () => {
    const environment = fakeEnvironment();
    const model = scriptedModel([
      [say.customCall("c1", "apply_patch", patch)],
      [say.call("c2", "apply_patch", { input: patch.replace("new", "second") })],
      [say.call("c3", "exec_command", { cmd: `apply_patch <<'EOF'\n${patch.replace("new", "third")}\nEOF\n` })],
      say.message("x"),
    ]);
    const engine = await testEngine({ model, environment });
    const messages = await engine.ask("go");
    expect(["new", "second", "third"].map((name) => environment.text(`/work/${name}.txt`))).toEqual(
      Array.from({ length: 3 }, () => "hello\n"),
    );
    expect(environment.ran).toHaveLength(0);
    const diff = messages.findLast(({ type }) => type === "turn_diff");
    expect(diff).toMatchObject({ unified_diff: expect.stringContaining("+++ b/third.txt\n@@ -0,0 +1 @@\n+hello\n") });
    expect(outputs(messages)[0]).toMatch(
      /^Exit code: 0\nWall time: [\d.]+ seconds\nOutput:\nSuccess\. .*\nA new.txt\n$/,
    );
  });

  it("that does not fit changes nothing, is shown, and tells the model why", async () => {
    const environment = fakeEnvironment({ files: { "/work/a.txt": "one\n" } });
    const text = "*** Begin Patch\n*** Update File: a.txt\n-nine\n+two\n*** End Patch";
    const model = scriptedModel([[say.customCall("c1", "apply_patch", text)], say.message("x")]);
    const engine = await testEngine({ model, environment });
    const messages = await engine.ask("go");
    expect(environment.text("/work/a.txt")).toBe("one\n");
    expect(messages.find(({ type }) => type === "patch_apply_end")).toMatchObject({ success: false, status: "failed" });
    expect(outputs(messages)[0]).toMatch(/^apply_patch verification failed: /);
  });

  it("is declined by a policy without touching a file", async () => {
    const environment = fakeEnvironment();
    const approvals: ApprovalPolicy = {
      assess: () => ({ type: "forbid", because: [{ layer: "rules", text: "not today" }] }),
    };
    const model = scriptedModel([[say.customCall("c1", "apply_patch", patch)], say.message("x")]);
    const engine = await testEngine({ model, environment, approvals });
    const messages = await engine.ask("go");
    expect(environment.text("/work/new.txt")).toBeUndefined();
    expect(messages.find(({ type }) => type === "patch_apply_end")).toMatchObject({ status: "declined" });
    expect(outputs(messages)[0]).toBe("patch rejected: not today");
  });
});

describe("a question to the human", () => {
  const asking: ApprovalPolicy = {
    assess: () => ({ type: "ask", then: "direct", grants: [], because: [{ layer: "safety", text: "looks risky" }] }),
  };
  const steps = () => [[say.call("c1", "exec_command", { cmd: "rm x" })], say.message("x")];

  it("runs the command when the answer is yes", async () => {
    const environment = fakeEnvironment();
    const engine = await testEngine({ model: scriptedModel(steps()), environment, approvals: asking });
    engine.submit({ type: "user_input", items: [{ type: "text", text: "go" }] });
    expect(await engine.until("exec_approval_request")).toMatchObject({
      call_id: "c1",
      because: [{ layer: "safety", text: "looks risky" }],
    });
    engine.submit({ type: "exec_approval", id: "c1", decision: "approved" });
    await engine.until("task_complete");
    expect(environment.ran).toHaveLength(1);
  });

  it("does not run it when the answer is no, and the turn goes on", async () => {
    const environment = fakeEnvironment();
    const model = scriptedModel(steps());
    const engine = await testEngine({ model, environment, approvals: asking });
    engine.submit({ type: "user_input", items: [{ type: "text", text: "go" }] });
    await engine.until("exec_approval_request");
    engine.submit({ type: "exec_approval", id: "c1", decision: "denied" });
    await engine.until("task_complete");
    expect(environment.ran).toHaveLength(0);
    expect(JSON.stringify(model.prompts[1]?.input.at(-1))).toContain("exec command rejected by user");
  });

  it("ends the turn when the answer is abort", async () => {
    const environment = fakeEnvironment();
    const engine = await testEngine({ model: scriptedModel(steps()), environment, approvals: asking });
    engine.submit({ type: "user_input", items: [{ type: "text", text: "go" }] });
    await engine.until("exec_approval_request");
    engine.submit({ type: "exec_approval", id: "c1", decision: "abort" });
    await engine.until("turn_aborted");
    expect(environment.ran).toHaveLength(0);
  });
});
