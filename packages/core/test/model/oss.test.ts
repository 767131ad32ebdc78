import { startResponsesServer } from "@codex/test-support";
import type { Reply, ResponsesServer } from "@codex/test-support";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LocalModelOptions, PullProgress } from "../../src/model/local-server.js";
import { findLocalServers, listLocalModels, prepareLocalModel } from "../../src/model/oss.js";
import { never } from "./fixture.js";

let server: ResponsesServer;
let progress: PullProgress[];
let ran: (readonly string[])[];

beforeEach(async () => {
  server = await startResponsesServer();
  progress = [];
  ran = [];
});

afterEach(() => server[Symbol.asyncDispose]());

function json(body: object): Reply {
  return { type: "status", status: 200, body };
}

function lines(...objects: readonly object[]): Reply {
  return { type: "status", status: 200, body: objects.map((object) => `${JSON.stringify(object)}\n`).join("") };
}

/** A stand-in for Ollama with these models. */
function ollama({ version = "0.14.0", models = ["gpt-oss:20b"] }: { version?: string; models?: string[] } = {}): void {
  server.route("GET /v1/models", json({ object: "list", data: [] }));
  server.route("GET /api/version", json({ version }));
  server.route("GET /api/tags", json({ models: models.map((name) => ({ name })) }));
}

function lmStudio(...ids: readonly string[]): void {
  server.route("GET /v1/models", json({ object: "list", data: ids.map((id) => ({ id })) }));
}

function options(change: Partial<LocalModelOptions> = {}): LocalModelOptions {
  return {
    provider: "ollama",
    base_url: server.url,
    model: "gpt-oss:20b",
    onProgress: (step) => void progress.push(step),
    run: (argv) => {
      ran.push(argv);
      return Promise.resolve(undefined);
    },
    user_home: "/home/ada",
    ...change,
  };
}

function asked(): string[] {
  return server.requests.map(({ method, path }) => `${method} ${path}`);
}

describe("Ollama", () => {
  it("is asked whether it runs, is new enough, and has the model", async () => {
    ollama();
    await prepareLocalModel(options(), never());
    expect(asked()).toEqual(["GET /v1/models", "GET /api/version", "GET /api/tags"]);
    expect(progress).toEqual([]);
  });

  it.each(["0.0.0", "", "0.13.4", "1.0.0", "0.20.1-rc1", "dev"])("may tell version %j", async (version) => {
    ollama({ version });
    await prepareLocalModel(options(), never());
  });

  it.each(["0.13.3", "0.9.12"])("may not be version %s", async (version) => {
    ollama({ version });
    await expect(prepareLocalModel(options(), never())).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringMatching(`Ollama ${version} is too old, 0.13.4 is needed: .*wire_api = "chat"`),
    });
  });

  it("lists a model without its tag under `latest`", async () => {
    ollama({ models: ["mistral:latest"] });
    await prepareLocalModel(options({ model: "mistral" }), never());
    expect(await listLocalModels({ provider: "ollama", base_url: server.url }, never())).toEqual(["mistral:latest"]);
  });

  it("fetches a model that is missing, and tells how far it is over all layers", async () => {
    ollama({ models: [] });
    server.route(
      "POST /api/pull",
      lines(
        { status: "pulling manifest" },
        { status: "pulling a", digest: "a", total: 100, completed: 10 },
        { status: "pulling b", digest: "b", total: 50 },
        { status: "pulling a", digest: "a", total: 100, completed: 100 },
        { status: "success" },
      ),
    );
    await prepareLocalModel(options(), never());
    expect(server.requests.at(-1)?.body).toEqual({ model: "gpt-oss:20b", stream: true });
    expect(progress).toEqual([
      { status: "pulling manifest", completed: 0, total: 0 },
      { status: "pulling a", completed: 10, total: 100 },
      { status: "pulling b", completed: 10, total: 150 },
      { status: "pulling a", completed: 100, total: 150 },
      { status: "success", completed: 100, total: 150 },
    ]);
  });

  it.each<[string, Reply, string]>([
    ["says why", lines({ status: "pulling manifest" }, { error: "no such model" }), "no such model"],
    ["breaks off", lines({ status: "pulling manifest" }), "the download broke off"],
    ["is refused", { type: "status", status: 404, body: { error: "unknown" } }, "unknown"],
  ])("a download that %s fails", async (_, reply, reason) => {
    ollama({ models: [] });
    server.route("POST /api/pull", reply);
    await expect(prepareLocalModel(options(), never())).rejects.toMatchObject({
      code: "connection_failed",
      message: `Ollama could not fetch gpt-oss:20b: ${reason}`,
    });
  });

  it("that is not there: what to start, and where to get it", async () => {
    const nobody = options({ base_url: "http://127.0.0.1:9/v1" });
    await expect(prepareLocalModel(nobody, never())).rejects.toThrow(
      /^Ollama does not answer at http:\/\/127\.0\.0\.1:9: start it with `ollama serve`; .*ollama\?tab=readme-ov-file/,
    );
  });

  it("a download ends with the turn", async () => {
    ollama({ models: [] });
    server.route("POST /api/pull", { type: "silence" });
    const controller = new AbortController();
    const pulling = prepareLocalModel(options(), controller.signal);
    await server.request(3);
    controller.abort(new Error("stop"));
    await expect(pulling).rejects.toThrow("stop");
  });
});

describe("LM Studio", () => {
  const studio = (change: Partial<LocalModelOptions> = {}) =>
    options({ provider: "lmstudio", model: "openai/gpt-oss-20b", ...change });

  it("is asked whether it runs and has the model", async () => {
    lmStudio("openai/gpt-oss-20b");
    await prepareLocalModel(studio(), never());
    expect(ran).toEqual([]);
    expect(await listLocalModels(studio(), never())).toEqual(["openai/gpt-oss-20b"]);
  });

  it("fetches with its own program, from PATH or its folder", async () => {
    lmStudio();
    const run: LocalModelOptions["run"] = (argv) => {
      ran.push(argv);
      return Promise.resolve(argv[0] === "lms" ? undefined : { code: 0, output: "" });
    };
    await prepareLocalModel(studio({ run }), never());
    expect(ran).toEqual([
      ["lms", "get", "--yes", "openai/gpt-oss-20b"],
      ["/home/ada/.lmstudio/bin/lms", "get", "--yes", "openai/gpt-oss-20b"],
    ]);
  });

  it("says why it cannot fetch", async () => {
    lmStudio();
    await expect(prepareLocalModel(studio(), never())).rejects.toThrow("lms was not found");
    const run = () => Promise.resolve({ code: 1, output: "a\nno space left\n" });
    await expect(prepareLocalModel(studio({ run }), never())).rejects.toThrow("openai/gpt-oss-20b: no space left");
  });

  it("that is not there: what to start, and where to get it", async () => {
    const nobody = studio({ base_url: "http://127.0.0.1:9/v1" });
    await expect(listLocalModels(nobody, never())).rejects.toThrow(
      /`lms server start`.*https:\/\/lmstudio\.ai\/download/,
    );
  });
});

it("finds the servers that answer", async () => {
  lmStudio();
  const there = { provider: "lmstudio", base_url: server.url } as const;
  const gone = { provider: "ollama", base_url: "http://127.0.0.1:9/v1" } as const;
  expect(await findLocalServers([gone, there], never())).toEqual([there]);
});
