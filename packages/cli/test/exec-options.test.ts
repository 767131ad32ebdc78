import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { ev } from "@codex/test-support";
import { codex, startCodex } from "./codex.js";
import { field } from "./json-text.js";
import { setStage } from "./stage.js";

const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

const stage = setStage();

beforeEach(async () => {
  await writeFile(join(stage.project.path, "a.png"), PNG);
});

const hello = [ev.message("hello"), ev.completed()];

function lastMessage(body: unknown): unknown {
  const input = field(body, "input");
  return field(Array.isArray(input) ? input.at(-1) : undefined, "content");
}

describe("codex exec -i", () => {
  it("shows pictures to the model, numbered and named, before the prompt", async () => {
    stage.server.answer(hello);
    const ran = await codex(["exec", "-i", "a.png", "what is this"], stage.options());
    expect(ran.code).toBe(0);
    expect(lastMessage(stage.server.single().body)).toEqual([
      { type: "input_text", text: `<image name=[Image #1] path="${join(stage.project.path, "a.png")}">` },
      { type: "input_image", image_url: `data:image/png;base64,${PNG.toString("base64")}`, detail: "high" },
      { type: "input_text", text: "</image>" },
      { type: "input_text", text: "what is this" },
    ]);
  });

  it("refuses what is no picture before anything is asked", async () => {
    const missing = await codex(["exec", "-i", "b.png", "x"], stage.options());
    expect(missing).toMatchObject({ code: 1, stdout: "" });
    expect(missing.stderr).toMatch(/^error: cannot read the image .*b\.png: ENOENT.*\n$/);
    const text = await codex(["exec", "x", "-i", "a.txt"], stage.options());
    expect(text.stderr).toMatch(/^error: .*a\.txt is no image: PNG, JPEG, GIF and WebP are\n$/);
    expect(stage.server.requests).toEqual([]);
  });
});

describe("codex exec --oss", () => {
  it("asks the local server, and fetches the model first if it has to", async () => {
    stage.server.route("GET /v1/models", { type: "status", status: 200, body: { object: "list", data: [] } });
    stage.server.route("GET /api/version", { type: "status", status: 200, body: { version: "0.14.0" } });
    stage.server.route("GET /api/tags", { type: "status", status: 200, body: { models: [] } });
    stage.server.route("POST /api/pull", { type: "status", status: 200, body: `{"status":"success"}\n` });
    stage.server.answer(hello);
    const env = { CODEX_OSS_BASE_URL: stage.server.url };
    const ran = await codex(["exec", "--oss", "--local-provider", "ollama", "hi"], stage.options({ env }));
    expect(ran).toMatchObject({ code: 0, stdout: "hello\n" });
    expect(ran.stderr).toContain("success\n");
    expect(ran.stderr).toContain("model: gpt-oss:20b\nprovider: ollama\n");
  });

  it("says what to start when there is no server", async () => {
    const env = { CODEX_OSS_BASE_URL: "http://127.0.0.1:9/v1" };
    const ran = await codex(["exec", "--oss", "hi"], stage.options({ env }));
    expect(ran).toMatchObject({ code: 1, stdout: "" });
    expect(ran.stderr).toContain("error: Ollama does not answer at http://127.0.0.1:9: start it with `ollama serve`");
  });
});

describe("signals", () => {
  it("a second SIGINT quits at once, and takes the commands along", async () => {
    const command = "trap '' INT TERM; sleep 1; touch survived";
    stage.server.answer([ev.call("c1", "exec_command", { cmd: command, yield_time_ms: 30_000 }), ev.completed()]);
    const running = startCodex(["exec", "--json", "--yolo", "x"], stage.options());
    const { stdout } = running.child;
    while (stdout !== null) {
      const [data]: unknown[] = await once(stdout, "data");
      if (String(data).includes("item.started")) break;
    }
    running.child.kill("SIGINT");
    running.child.kill("SIGINT");
    expect((await running.done).code).toBe(1);
    expect(await stage.project.read("survived")).toBeUndefined();
  });
});
