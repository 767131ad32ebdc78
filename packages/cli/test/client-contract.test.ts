import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ev } from "@codex/test-support";
import { startCodex, type Ran } from "./codex.js";
import { field, jsonLines } from "./json-text.js";
import { setStage } from "./stage.js";

/**
 * How the official TypeScript client starts the command (services.md §8.1, core.md §6.6): its argv in its order, the
 * prompt on stdin, its environment. The events expected here are those that the real Codex gave the same client.
 */
type Thread = {
  readonly options?: readonly string[];
  readonly resume?: string;
  readonly images?: readonly string[];
  readonly onLine?: (line: string, kill: () => void) => void;
};

const stage = setStage();

type Told = Ran & { readonly told: readonly string[]; readonly thread: string };

async function runAsClient(input: string, { options = [], resume, images = [], onLine }: Thread = {}): Promise<Told> {
  const argv = ["exec", "--experimental-json", ...options];
  if (resume !== undefined) argv.push("resume", resume);
  for (const image of images) argv.push("--image", image);
  const env = {
    CODEX_HOME: stage.home.path,
    CODEX_API_KEY: "sk-key",
    CODEX_INTERNAL_ORIGINATOR_OVERRIDE: "codex_sdk_ts",
  };
  const running = startCodex(argv, { cwd: "/", env, stdin: input });
  running.child.stdout?.on("data", (data: Buffer) => onLine?.(data.toString(), () => void running.child.kill()));
  const ran = await running.done;
  const events = jsonLines(ran.stdout);
  return { ...ran, told: events.map(summary), thread: String(field(events[0], "thread_id")) };
}

function summary(event: unknown): string {
  const item = field(event, "item");
  const words = [field(event, "type"), field(item, "type"), field(item, "status")];
  return words.filter((word) => word !== undefined).join(" ");
}

const here = () => ["--cd", stage.project.path];
const hello = (text = "hello") => [ev.message(text), ev.completed()];
const TURN = ["thread.started", "turn.started", "item.completed agent_message", "turn.completed"];

describe("the official TypeScript client", () => {
  it("runs a prompt, and goes on with the thread by its id", async () => {
    stage.server.answer(hello("one"), hello("two"));
    const first = await runAsClient("first", { options: here() });
    expect(first).toMatchObject({ code: 0, told: TURN });
    const second = await runAsClient("second", { options: here(), resume: first.thread });
    expect(second).toMatchObject({ code: 0, told: TURN, thread: first.thread });
    expect(JSON.stringify(stage.server.requests[1]?.body)).toContain("first");
  });

  it("has its key, its address and its name sent", async () => {
    stage.server.answer(hello());
    const place = ["--config", `openai_base_url="${stage.server.url}"`, "--config", `model_provider="openai"`];
    expect((await runAsClient("hi", { options: [...place, ...here()] })).told).toEqual(TURN);
    expect(stage.server.single().headers).toMatchObject({ authorization: "Bearer sk-key", originator: "codex_sdk_ts" });
  });

  it("sees every kind of item in order", async () => {
    const patch = "*** Begin Patch\n*** Update File: a.txt\n@@\n-old\n+new\n*** End Patch\n";
    stage.server.answer(
      [ev.call("c1", "exec_command", { cmd: "echo hi" }), ev.completed()],
      [ev.call("c2", "exec_command", { cmd: "exit 3" }), ev.completed()],
      [ev.customCall("c3", "apply_patch", patch), ev.completed()],
      hello(),
    );
    const options = ["--sandbox", "workspace-write", ...here(), "--config", 'approval_policy="never"'];
    expect((await runAsClient("do it", { options })).told).toEqual([
      "thread.started",
      "turn.started",
      "item.started command_execution in_progress",
      "item.completed command_execution completed",
      "item.started command_execution in_progress",
      "item.completed command_execution failed",
      "item.started file_change in_progress",
      "item.completed file_change completed",
      "item.completed agent_message",
      "turn.completed",
    ]);
  });

  it("may say every option it has", async () => {
    stage.server.answer(hello());
    const schema = join(stage.home.path, "schema.json");
    await writeFile(schema, JSON.stringify({ type: "object", properties: {}, additionalProperties: false }));
    const options = [
      ...["--config", `developer_instructions="be brief"`, "--config", `openai_base_url="http://127.0.0.1:1/v1"`],
      ...["--model", "gpt-5.5", "--thread-source", "user", "--sandbox", "workspace-write", ...here()],
      ...[
        "--add-dir",
        stage.home.path,
        "--skip-git-repo-check",
        "--output-schema",
        schema,
        "--cyber-access-program",
        "x",
      ],
      ...["--config", `model_reasoning_effort="low"`, "--config", "sandbox_workspace_write.network_access=true"],
      ...["--config", `web_search="disabled"`, "--config", `approval_policy="on-request"`],
    ];
    const ran = await runAsClient("hi", { options });
    expect(ran).toMatchObject({ code: 0, told: TURN });
    expect(stage.server.single().body).toMatchObject({
      model: "gpt-5.5",
      reasoning: { effort: "low" },
      text: { format: { type: "json_schema", name: "codex_output_schema", strict: true, schema: { type: "object" } } },
    });
  });

  it("shows pictures, also after resume", async () => {
    const picture = join(stage.project.path, "a.gif");
    await writeFile(picture, "GIF89a-and-more");
    stage.server.answer(hello(), hello());
    const { thread } = await runAsClient("hi", { options: here() });
    await runAsClient("look", { options: here(), resume: thread, images: [picture] });
    expect(JSON.stringify(stage.server.requests[1]?.body)).toContain("data:image/gif;base64,");
  });

  it("stops a run by ending the process, which ends its commands", async () => {
    stage.server.answer([ev.call("c1", "exec_command", { cmd: "sleep 30", yield_time_ms: 30_000 }), ev.completed()]);
    const onLine = (line: string, kill: () => void) => {
      if (line.includes("item.started")) kill();
    };
    const ran = await runAsClient("wait", { options: here(), onLine });
    expect(ran.code).toBe("SIGTERM");
    expect(ran.told.slice(0, 3)).toEqual([
      "thread.started",
      "turn.started",
      "item.started command_execution in_progress",
    ]);
  });

  it("gets a failed turn as an event, and a run that cannot begin as stderr and exit code", async () => {
    stage.server.answer({ type: "status", status: 400, body: { error: { message: "bad thing" } } });
    const failed = await runAsClient("hi", { options: here() });
    expect(failed).toMatchObject({ code: 1, told: ["thread.started", "turn.started", "error", "turn.failed"] });
    const outside = await runAsClient("hi", { options: ["--cd", stage.home.path] });
    expect(outside).toMatchObject({ code: 1, stdout: "" });
    expect(outside.stderr).toContain("--skip-git-repo-check was not specified");
  });
});
