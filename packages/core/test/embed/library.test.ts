import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { EventMsg, ModelClient, ModelProvider, SandboxMode, TurnSettings } from "@codex/protocol";
import type { ModelStep, TemporaryFolder } from "@codex/test-support";
import {
  collect,
  ev,
  mockProviderConfig,
  say,
  scriptedModel,
  standInProgram,
  startResponsesServer,
  temporaryFolder,
  temporaryHome,
} from "@codex/test-support";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ApprovalRequest, CodexLibrary, CodexOptions } from "../../src/index.js";
import { createCodex } from "../../src/index.js";

let home: TemporaryFolder;
let cwd: string;
let work: TemporaryFolder;
const opened: AsyncDisposable[] = [];

beforeEach(async () => {
  home = await temporaryHome();
  work = await temporaryFolder("codex-embed-");
  cwd = work.path;
});

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
  await work[Symbol.asyncDispose]();
});

const sandboxMode: SandboxMode = "danger-full-access";
const env = () => ({ PATH: process.env["PATH"], HOME: home.path, CODEX_HOME: home.path });

function codexWith(steps: readonly ModelStep[], options: CodexOptions = {}): CodexLibrary {
  const codex = createCodex({ env: env(), models: scriptedModel(steps), ...options });
  opened.push(codex);
  return codex;
}

const hangs: ModelStep = async function* (_prompt, signal) {
  yield* say.message("so far");
  await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));
};

const touch = (call_id: string) => [say.call(call_id, "exec_command", { cmd: "touch made", login: false })];

describe("a turn of an embedder", () => {
  it("takes five lines, over the configuration and the wire that codex uses", async () => {
    await using server = await startResponsesServer();
    await home.write("config.toml", mockProviderConfig(server.url));
    server.answer([ev.created(), ev.message("It is a test."), ev.completed()]);
    await using codex = createCodex({ env: { ...env(), CODEX_API_KEY: "k" } });
    const session = await codex.start({ cwd, sandboxMode });
    const turn = await session.run("What is this?");
    expect(turn.finalResponse).toBe("It is a test.");
    expect(turn.items).toMatchObject([{ type: "AgentMessage" }]);
    expect(turn.usage?.total_tokens).toBeGreaterThan(0);
    expect(server.requests).toHaveLength(1);
  });

  it("is told event by event, to its end", async () => {
    const session = await codexWith([say.message("hello")]).start({ cwd, sandboxMode });
    const { events, result } = await session.runStreamed("hi");
    const types = (await collect(events)).map(({ type }) => type);
    expect(types).toContain("agent_message_content_delta");
    expect(types.at(-1)).toBe("task_complete");
    expect((await result()).finalResponse).toBe("hello");
  });

  it("waits for the one before", async () => {
    const session = await codexWith([say.message("one"), say.message("two")]).start({ cwd, sandboxMode });
    const both = await Promise.all([session.run("1"), session.run("2")]);
    expect(both.map(({ finalResponse }) => finalResponse)).toEqual(["one", "two"]);
  });

  it("asks for the shape of its answer, and takes pictures", async () => {
    const model = scriptedModel([say.message("{}")]);
    const codex = createCodex({ env: env(), models: model });
    opened.push(codex);
    const session = await codex.start({ cwd, sandboxMode });
    const outputSchema = { type: "object", properties: {}, additionalProperties: false };
    const image_url = "data:image/png;base64,AAAA";
    await session.run(
      [
        { type: "text", text: "look" },
        { type: "image", image_url },
      ],
      { outputSchema },
    );
    expect(model.prompts[0]?.output_schema).toEqual(outputSchema);
    expect(JSON.stringify(model.prompts[0]?.input.at(-1))).toContain(image_url);
  });

  it("rejects with what went wrong, and the next one works", async () => {
    const broken = { events: [], error: new Error("the model is on fire") };
    const session = await codexWith([broken, say.message("better")]).start({ cwd, sandboxMode });
    await expect(session.run("1")).rejects.toMatchObject({ code: "turn_failed", message: "the model is on fire" });
    await expect(session.run("")).resolves.toMatchObject({ finalResponse: "better" });
    await expect(session.run([])).rejects.toMatchObject({ code: "turn_failed", info: "bad_request" });
  });

  it("has the effort, the folders and the network that its session was started with", async () => {
    const model = scriptedModel([say.message("ok")]);
    const asked: TurnSettings[] = [];
    const models: ModelProvider = { client: (settings, ids) => (asked.push(settings), model.client(settings, ids)) };
    const session = await codexWith([], { models }).start({
      cwd,
      sandboxMode: "workspace-write",
      effort: "high",
      writableFolders: ["../beside", "/opt"],
      network: true,
      config: { sandbox_workspace_write: { exclude_slash_tmp: true } },
    });
    await session.run("hi");
    const sandbox_policy = {
      type: "workspace-write",
      writable_roots: [join(cwd, "../beside"), "/opt"],
      network_access: true,
      exclude_slash_tmp: true,
    };
    expect(asked.at(-1)).toMatchObject({ effort: "high", sandbox_policy });
  });

  it("is stopped by its signal, which is the reason it rejects with", async () => {
    const session = await codexWith([hangs, say.message("next")]).start({ cwd, sandboxMode });
    const controller = new AbortController();
    const { events, result } = await session.runStreamed("hi", { signal: controller.signal });
    const seen: EventMsg["type"][] = [];
    const reading = (async () => {
      for await (const { type } of events) {
        seen.push(type);
        if (type === "agent_message") controller.abort(new Error("enough"));
      }
    })();
    await expect(reading).rejects.toThrow("enough");
    await expect(result()).rejects.toThrow("enough");
    expect(seen.at(-1)).toBe("turn_aborted");
    expect((await session.run("again")).finalResponse).toBe("next");
  });

  it("ends with its session, and nothing starts behind it", async () => {
    const session = await codexWith([hangs]).start({ cwd, sandboxMode });
    const turn = session.run("hi");
    const [outcome] = await Promise.allSettled([turn, session[Symbol.asyncDispose]()]);
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "turn_interrupted" } });
    await expect(session.run("hi")).rejects.toMatchObject({ code: "bad_request" });
  });
});

describe("approvals as callbacks", () => {
  const untrusted = { sandboxMode, approvalPolicy: "untrusted" } as const;
  const script = [touch("c1"), say.message("done")];

  it("let a command run, or refuse it with words for the model", async () => {
    const asked: ApprovalRequest[] = [];
    const yes = await codexWith(script).start({
      ...untrusted,
      cwd,
      onApproval: (request) => {
        asked.push(request);
        return Promise.resolve("approved");
      },
    });
    await yes.run("go");
    expect(asked).toMatchObject([{ type: "exec", cwd }]);
    expect(await work.read("made")).toBe("");

    const model = scriptedModel(script);
    const codex = createCodex({
      env: env(),
      models: model,
      onApproval: () => ({ denied: { rejection: "not today" } }),
    });
    opened.push(codex);
    const no = await codex.start({ ...untrusted, cwd });
    await no.run("go");
    expect(JSON.stringify(model.prompts[1]?.input.at(-1))).toContain("not today");
  });

  it("end the turn with their own error", async () => {
    const session = await codexWith([touch("c1"), say.message("done")]).start({
      ...untrusted,
      cwd,
      onApproval: () => Promise.reject(new Error("the database is down")),
    });
    await expect(session.run("go")).rejects.toThrow("the database is down");
    expect(await work.read("made")).toBeUndefined();
  });

  it("are not needed: where nobody can be asked, the policy is never", async () => {
    const model = scriptedModel([say.message("ok")]);
    const codex = createCodex({ env: env(), models: model });
    opened.push(codex);
    await (await codex.start({ cwd, sandboxMode })).run("go");
    expect(model.settings[0]?.approval_policy).toBe("never");
  });

  it("answer questions by their id", async () => {
    const question = { id: "colour", header: "Colour", question: "Which?", options: choices("red", "blue") };
    const model = scriptedModel([
      [say.call("c1", "request_user_input", { questions: [question] })],
      say.message("thanks"),
    ]);
    const codex = createCodex({ env: env(), models: model });
    opened.push(codex);
    const session = await codex.start({
      cwd,
      sandboxMode,
      approvalPolicy: "on-request",
      onQuestion: ({ questions }) => Object.fromEntries(questions.map(({ id }) => [id, "blue"])),
    });
    await session.run("go");
    expect(JSON.stringify(model.prompts[1]?.input.at(-1))).toContain("blue");
  });
});

function choices(...labels: readonly string[]) {
  return labels.map((label) => ({ label, description: label }));
}

describe("a session that cannot be opened", () => {
  it("leaves no container behind", { timeout: 60_000 }, async () => {
    const source = new URL("../../../exec/test/fixtures/docker-stand-in.ts", import.meta.url);
    const client = [process.execPath, standInProgram(source, home.path)];
    const containers = () => readdirSync(home.path).filter((name) => name.endsWith(".pid"));
    await home.write(
      "config.toml",
      `[environment]\ntype = "docker"\nimage = "here"\nclient = ${JSON.stringify(client)}\n`,
    );
    const sources = async (): Promise<never> => {
      expect(containers()).toHaveLength(1);
      throw new Error("no such server");
    };
    const opening = codexWith([], { sources, env: { ...env(), STAND_IN: home.path } }).start({ cwd, sandboxMode });
    await expect(opening).rejects.toThrow("no such server");
    expect(containers()).toEqual([]);
  });
});

describe("many sessions in one process", () => {
  it("do not hear each other", async () => {
    const names = Array.from({ length: 20 }, (_, index) => `session ${index}`);
    const models = {
      client: (...of: Parameters<ModelProvider["client"]>): ModelClient => ({
        ...scriptedModel([]).client(...of),
        stream: (prompt) => echo(JSON.stringify(prompt.input.at(-1))),
      }),
    };
    const codex = codexWith([], { models });
    const answers = await Promise.all(
      names.map(async (name) => {
        const session = await codex.start({ cwd, sandboxMode, ephemeral: true });
        return (await session.run(name)).finalResponse;
      }),
    );
    expect(answers.map((text) => /session \d+/.exec(text)?.[0])).toEqual(names);
  });

  it("are gone on with by their id, and leave their cost in one file", async () => {
    const codex = codexWith([say.message("one"), say.message("two")]);
    const first = await codex.start({ cwd, sandboxMode, model: "gpt-5" });
    await first.run("1");
    await first[Symbol.asyncDispose]();
    const second = await codex.resume(first.id, { cwd, sandboxMode });
    expect((await second.run("2")).finalResponse).toBe("two");
    const lines = (await readFile(join(home.path, "usage.jsonl"), "utf8")).trim().split("\n");
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
      { session_id: first.id, models: [{ model: "scripted", requests: 1, usage: { total_tokens: 120 } }] },
      { session_id: first.id, models: [{ model: "scripted", requests: 1 }] },
    ]);
  });
});

async function* echo(text: string) {
  await Promise.resolve();
  yield* say.message(text);
  yield say.completed();
}
