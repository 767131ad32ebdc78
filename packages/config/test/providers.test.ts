import { describe, expect, it } from "vitest";
import { createScene, refusal } from "./support.js";

describe("model providers", () => {
  it("take every field of core.md §2.10", async () => {
    using scene = createScene();
    scene.user(`
      model_provider = "x"
      [model_providers.x]
      name = "X"
      base_url = "http://localhost:9/v1/"
      env_key = "X_KEY"
      env_key_instructions = "get one"
      wire_api = "responses"
      query_params = { "api-version" = "1" }
      http_headers = { A = "b" }
      env_http_headers = { C = "D" }
      request_max_retries = 1000
      stream_max_retries = 0
      stream_idle_timeout_ms = 7
      websocket_connect_timeout_ms = 8
      requires_openai_auth = true
      supports_websockets = true
    `);
    const config = await scene.load();
    expect(config.settings.model_provider).toBe("x");
    expect(config.provider).toEqual({
      id: "x",
      name: "X",
      kind: "responses",
      base_url: "http://localhost:9/v1",
      env_key: "X_KEY",
      env_key_instructions: "get one",
      query_params: { "api-version": "1" },
      http_headers: { A: "b" },
      env_http_headers: { C: "D" },
      request_max_retries: 100,
      stream_max_retries: 0,
      stream_idle_timeout_ms: 7,
      websocket_connect_timeout_ms: 8,
      requires_openai_auth: true,
      supports_websockets: true,
    });
  });

  it("may get their token from a program", async () => {
    using scene = createScene();
    scene.user(`[model_providers.x]\nname = "X"\nauth = { command = "vault", args = ["read"], cwd = "bin" }`);
    expect((await scene.load()).providers["x"]?.auth).toEqual({
      command: "vault",
      args: ["read"],
      timeout_ms: 5000,
      refresh_interval_ms: 300_000,
      cwd: `${scene.home}/bin`,
    });
  });

  it("are built in, with addresses from the environment for local servers", async () => {
    using scene = createScene();
    const urls = async (env: Record<string, string>) => {
      const { providers } = await scene.load({ env: { HOME: scene.user_home, ...env } });
      return [providers["ollama"]?.base_url, providers["lmstudio"]?.base_url];
    };
    expect(await urls({})).toEqual(["http://localhost:11434/v1", "http://localhost:1234/v1"]);
    expect(await urls({ CODEX_OSS_PORT: "5" })).toEqual(["http://localhost:5/v1", "http://localhost:5/v1"]);
    expect(await urls({ CODEX_OSS_BASE_URL: "http://h/v2/" })).toEqual(["http://h/v2", "http://h/v2"]);
  });

  it("speak Responses unless they say chat", async () => {
    using scene = createScene();
    scene.user(
      `[model_providers.x]\nname = "X"\nwire_api = "chat"\n[model_providers.y]\nname = "Y"\nwire_api = "responses"`,
    );
    const { providers } = await scene.load();
    expect([providers["x"]?.kind, providers["y"]?.kind, providers["openai"]?.kind]).toEqual([
      "chat",
      "responses",
      "responses",
    ]);
  });

  it("include the recording that answers", async () => {
    using scene = createScene();
    const config = await scene.load({ typed: { model_provider: "replay" } });
    expect(config.provider).toMatchObject({ id: "replay", kind: "replay", base_url: "", requires_openai_auth: false });
  });

  it("let openai_base_url move the built-in one", async () => {
    using scene = createScene();
    const config = await scene.load({ overrides: ["openai_base_url=http://127.0.0.1:8080/v1"] });
    expect(config.provider).toMatchObject({ id: "openai", base_url: "http://127.0.0.1:8080/v1" });
  });

  const BUILT_IN = "the ids openai, amazon-bedrock, ollama, lmstudio, replay are built in; rename this provider";
  it.each([
    [`[model_providers.x]\nbase_url = "http://a"`, "1:2", "model_providers.x.name: expected a name, found none"],
    [`[model_providers.x]\nname = " "`, "2:1", "model_providers.x.name: expected a name, found none"],
    [
      `[model_providers.x]\nname = "X"\nwire_api = "grpc"`,
      "3:1",
      `model_providers.x.wire_api: expected "responses" or "chat", found "grpc"`,
    ],
    [
      `[model_providers.openai]\nname = "X"`,
      "1:2",
      `model_providers.openai: ${BUILT_IN}; to change only its address, set openai_base_url`,
    ],
    [`[model_providers.ollama]\nname = "X"`, "1:2", `model_providers.ollama: ${BUILT_IN}`],
    [
      `[model_providers.amazon-bedrock]\naws = { region = "r" }\nname = "B"`,
      "3:1",
      `model_providers.amazon-bedrock.name: "amazon-bedrock" takes only aws`,
    ],
    [
      `[model_providers.x]\nname = "X"\naws = { region = "r" }`,
      "3:1",
      `model_providers.x.aws: only "amazon-bedrock" takes aws`,
    ],
    [
      `[model_providers.x]\nname = "X"\nenv_key = "K"\n[model_providers.x.auth]\ncommand = "c"`,
      "4:2",
      "model_providers.x.auth: set either auth or env_key, not both",
    ],
    [
      `[model_providers.x]\nname = "X"\nauth = { args = [] }`,
      "3:1",
      "model_providers.x.auth.command: expected a program, found none",
    ],
    [
      `[model_providers.x]\nname = "X"\nbase_url = "localhost:1"`,
      "3:1",
      "model_providers.x.base_url: expected an http:// or https:// address",
    ],
    [`model_provider = "ollama-chat"`, "1:1", `model_provider: "ollama-chat" is gone; use "ollama"`],
    [`model_provider = "amazon-bedrock"`, "1:1", `model_provider: "amazon-bedrock" is not supported yet`],
    [
      `model_provider = "toString"`,
      "1:1",
      `model_provider: no provider "toString"; there are openai, ollama, lmstudio, replay; add a [model_providers.<id>] table`,
    ],
  ])("are refused when they cannot work: %j", async (text, place, rest) => {
    using scene = createScene();
    const file = scene.user(text);
    expect(await refusal(scene.load())).toBe(`${file}:${place}: ${rest}`);
  });
});
