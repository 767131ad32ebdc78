import { ev, manualClock, startResponsesServer, temporaryHome } from "@codex/test-support";
import type { Reply, ResponsesServer, TemporaryFolder } from "@codex/test-support";
import type { Credential } from "@codex/protocol";
import { statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createModelsCache } from "../../src/home/models-cache.js";
import { DEFAULT_MODEL } from "../../src/model/catalog.js";
import { createModelProvider } from "../../src/model/providers.js";
import type { LiveModels } from "../../src/model/providers.js";
import { ask, never, SESSION, SETTINGS, TURN } from "./fixture.js";

const NOW = Date.UTC(2026, 10, 22, 12);
const SIGN_IN: Credential = { type: "chatgpt", token: "access", account_id: "acc" };
const LIST = [
  {
    slug: "gpt-9",
    visibility: "list",
    context_window: 500_000,
    truncation_policy: { mode: "tokens", limit: 20_000 },
    default_reasoning_level: "high",
    support_verbosity: true,
    default_verbosity: "low",
    apply_patch_tool_type: "freeform",
    input_modalities: ["text"],
    something_new: { kept: true },
  },
  { slug: "gpt-5.5", visibility: "list", context_window: 300_000 },
  { slug: "gpt-9-lite", use_responses_lite: true },
  { slug: "hidden", visibility: "hide" },
];
const GPT_9 = {
  slug: "gpt-9",
  known: true,
  context_window: 500_000,
  truncation: { mode: "tokens", limit: 20_000 },
  parallel_tool_calls: true,
  reasoning: { summaries: true, default_effort: "high" },
  default_verbosity: "low",
  apply_patch: "freeform",
  images: false,
};

let server: ResponsesServer;
let home: TemporaryFolder;
let clock: ReturnType<typeof manualClock>;

beforeEach(async () => {
  server = await startResponsesServer();
  home = await temporaryHome();
  clock = manualClock({ start: NOW, skip_up_to: 60_000 });
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

function provider(credential: Credential | undefined = SIGN_IN): LiveModels {
  return createModelProvider({
    specs: { mock: { name: "mock", base_url: server.url, requires_openai_auth: true } },
    credentials: { current: () => Promise.resolve(credential) },
    env: () => undefined,
    clock,
    originator: "codex_exec",
    user_agent: "agent",
    version: "1.2.3",
    models_cache: createModelsCache(home.path),
  });
}

function serve(
  reply: Reply = { type: "status", status: 200, headers: { etag: '"e1"' }, body: { models: LIST } },
): void {
  server.route("GET /v1/models", reply);
}

function lists(): number {
  return server.requests.filter(({ method }) => method === "GET").length;
}

function slugs(models: readonly { readonly slug: string }[]): string[] {
  return models.map(({ slug }) => slug);
}

const gpt9 = { ...SETTINGS, model: "gpt-9-2027" };

describe("a provider's own list", () => {
  it("is asked for with the version and the account, and kept as the server sent it", async () => {
    serve();
    using models = provider();
    expect(slugs(await models.models("mock", never()))).toEqual(["gpt-9", "gpt-5.5"]);
    const { path, headers } = server.single();
    expect(path).toBe("/v1/models?client_version=1.2.3");
    expect(headers).toMatchObject({
      authorization: "Bearer access",
      "chatgpt-account-id": "acc",
      originator: "codex_exec",
    });
    expect(JSON.parse((await home.read("models_cache.json")) ?? "")).toEqual({
      fetched_at: "2026-11-22T12:00:00.000Z",
      etag: '"e1"',
      client_version: "1.2.3",
      models: LIST,
    });
    expect(statSync(join(home.path, "models_cache.json")).mode & 0o777).toBe(0o644);
  });

  it("tells what the bundled catalog does not know, and wins where both know a model", async () => {
    serve();
    using models = provider();
    expect(models.info(gpt9)).toMatchObject({ slug: "gpt-9-2027", known: false });
    await models.models("mock", never());
    expect(models.info(gpt9)).toEqual({ ...GPT_9, slug: "gpt-9-2027" });
    expect(models.info({ ...SETTINGS, model: "gpt-5.5" }).context_window).toBe(300_000);
    expect(models.info({ ...SETTINGS, model: "gpt-5.4-mini" }).default_verbosity).toBe("medium");
    using later = provider();
    expect(later.info({ ...SETTINGS, model: "openai/gpt-9" })).toMatchObject({ known: true, context_window: 500_000 });
  });

  it("is asked for again after five minutes, and only whether it has changed", async () => {
    serve();
    using models = provider();
    await models.models("mock", never());
    await models.models("mock", never());
    expect(lists()).toBe(1);
    clock.advance(300_000);
    serve({ type: "status", status: 304 });
    expect(slugs(await models.models("mock", never()))).toEqual(["gpt-9", "gpt-5.5"]);
    expect(server.requests[1]?.headers).toMatchObject({ "if-none-match": '"e1"' });
    await models.models("mock", never());
    expect(lists()).toBe(2);
  });

  it.each<[string, Reply | undefined]>([
    ["an error", { type: "status", status: 500 }],
    ["a list of another kind", { type: "status", status: 200, body: { object: "list", data: [{ id: "x" }] } }],
    ["a broken connection", { type: "reset" }],
  ])("that is %s leaves the bundled one", async (_, reply) => {
    serve(reply);
    using models = provider();
    expect(slugs(await models.models("mock", never()))).toContain(DEFAULT_MODEL);
    expect(await home.read("models_cache.json")).toBeUndefined();
  });

  it("is not asked for with an API key", async () => {
    using models = provider({ type: "api_key", token: "sk" });
    expect(slugs(await models.models("mock", never()))).toContain(DEFAULT_MODEL);
    expect(lists()).toBe(0);
  });

  it("may be a file that cannot be read", async () => {
    await home.write("models_cache.json", "{broken");
    using models = provider();
    expect(models.info(gpt9).known).toBe(false);
  });
});

describe("the first request", () => {
  const hello = [ev.message("hi"), ev.completed()];
  const client = (models: LiveModels) => models.client(SETTINGS, { session: SESSION, turn: TURN });

  it("never waits for the list: it is asked for once the answer begins", async () => {
    serve({ type: "silence" });
    server.answer(hello, hello);
    using models = provider();
    expect((await ask(client(models))).error).toBeUndefined();
    expect(server.requests[0]?.method).toBe("POST");
    await server.request(1);
    expect((await ask(client(models))).error).toBeUndefined();
    expect(lists()).toBe(1);
  });

  it("asks for the list when the server says that it is another one, however fresh ours is", async () => {
    serve();
    using models = provider();
    await models.models("mock", never());
    const told = (etag: string): Reply => ({ type: "stream", events: hello, headers: { "x-models-etag": etag } });
    server.answer(told('"e1"'), told('"e2"'));
    await ask(client(models));
    expect(lists()).toBe(1);
    serve({ type: "status", status: 200, headers: { etag: '"e2"' }, body: { models: LIST.slice(1) } });
    await ask(client(models));
    await server.request(3);
    expect(lists()).toBe(2);
  });
});
