import { ev, startResponsesServer } from "@codex/test-support";
import type { Prompt, ResponseItem, ToolSpec } from "@codex/protocol";
import { expect, it } from "vitest";
import { ask, clientOf, PROMPT, SESSION } from "./fixture.js";
import type { ClientOptions } from "./fixture.js";

const DONE = [ev.completed()];

async function sent(options: ClientOptions = {}, prompt: Prompt = PROMPT) {
  await using server = await startResponsesServer(DONE);
  const { error } = await ask(clientOf(server.url, options), prompt);
  expect(error).toBeUndefined();
  const { headers, body, path } = server.single();
  return { headers, path, body: JSON.parse(JSON.stringify(body)) };
}

it("sends the body of core.md §2.1", async () => {
  const tool: ToolSpec = {
    type: "function",
    name: "x",
    description: "d",
    strict: false,
    parameters: { type: "object" },
  };
  const { body } = await sent({ provider: { installation_id: "install-1" } }, { ...PROMPT, tools: [tool] });
  expect(body).toEqual({
    model: "gpt-5",
    instructions: "Be brief.",
    input: PROMPT.input,
    tools: [tool],
    tool_choice: "auto",
    parallel_tool_calls: true,
    reasoning: { effort: "medium", summary: "auto" },
    store: false,
    stream: true,
    include: ["reasoning.encrypted_content"],
    prompt_cache_key: SESSION,
    text: { verbosity: "medium" },
    client_metadata: { "x-codex-installation-id": "install-1" },
  });
});

it("sends exactly the headers of live.md §4.2, whatever the environment says to the openai package", async () => {
  process.env["OPENAI_CUSTOM_HEADERS"] = "X-Surprise: 1";
  const { headers } = await sent();
  delete process.env["OPENAI_CUSTOM_HEADERS"];
  const { host, "content-length": length, ...rest } = headers;
  expect([typeof host, Number(length) > 0]).toEqual(["string", true]);
  expect(rest).toEqual({
    accept: "text/event-stream",
    "content-type": "application/json",
    originator: "codex_exec",
    "user-agent": "codex_exec/0.1.0 (Linux 6; x64) unknown",
    "session-id": SESSION,
    "thread-id": SESSION,
    "x-client-request-id": SESSION,
    connection: "keep-alive",
  });
});

it("lets settings win over the catalog, and drops what a model does not take", async () => {
  const settings = { effort: "xhigh", summary: "none", verbosity: "high", service_tier: "fast" } as const;
  expect((await sent({ settings })).body).toMatchObject({
    reasoning: { effort: "xhigh" },
    text: { verbosity: "high" },
    service_tier: "priority",
  });
  const unknown = (await sent({ settings: { model: "local-model", verbosity: "high" } })).body;
  expect([unknown.reasoning, unknown.text, unknown.service_tier]).toEqual([{ summary: "auto" }, undefined, undefined]);
  const plain = (await sent({ settings: { model: "gpt-4.1" } })).body;
  expect([plain.reasoning, plain.include]).toEqual([undefined, []]);
});

it("asks for the output schema, and leaves empty instructions out", async () => {
  const schema = { type: "object" };
  const { body } = await sent({ settings: { model: "x" } }, { ...PROMPT, instructions: "", output_schema: schema });
  expect(body.text).toEqual({ format: { type: "json_schema", strict: true, schema, name: "codex_output_schema" } });
  expect("instructions" in body).toBe(false);
});

const HISTORY: readonly ResponseItem[] = [
  {
    type: "message",
    id: "msg_1",
    role: "assistant",
    phase: "commentary",
    status: "completed",
    content: [{ type: "output_text", text: "a" }],
  },
  {
    type: "reasoning",
    id: "rs_1",
    summary: [],
    content: [{ type: "text", text: "raw" }],
    encrypted_content: "gAAAA/+==",
  },
  {
    type: "reasoning",
    id: "rs_2",
    summary: [],
    content: [{ type: "reasoning_text", text: "raw" }],
    encrypted_content: null,
  },
  { type: "function_call", id: "fc_1", name: "x", arguments: "{bad", call_id: "c1" },
  { type: "function_call_output", id: "fco_1", call_id: "c1", output: [{ type: "input_text", text: "t" }] },
  { type: "custom_tool_call", id: "ctc_1", status: "completed", call_id: "c2", name: "y", input: "z" },
];

it("sends history verbatim but for ids, message status and raw reasoning", async () => {
  expect((await sent({}, { ...PROMPT, input: HISTORY })).body.input).toEqual([
    { type: "message", role: "assistant", phase: "commentary", content: [{ type: "output_text", text: "a" }] },
    { type: "reasoning", summary: [], encrypted_content: "gAAAA/+==" },
    {
      type: "reasoning",
      summary: [],
      content: [{ type: "reasoning_text", text: "raw" }],
      encrypted_content: null,
    },
    { type: "function_call", name: "x", arguments: "{bad", call_id: "c1" },
    { type: "function_call_output", call_id: "c1", output: [{ type: "input_text", text: "t" }] },
    { type: "custom_tool_call", status: "completed", call_id: "c2", name: "y", input: "z" },
  ]);
});

it("gives an Azure server the ids back and lets it keep the response", async () => {
  const { body, path } = await sent(
    { spec: { name: "Azure", query_params: { "api-version": "2025-04-01" } } },
    { ...PROMPT, input: HISTORY },
  );
  expect([body.store, path]).toEqual([true, "/v1/responses?api-version=2025-04-01"]);
  expect(body.input.map((item: { id: string }) => item.id)).toEqual(HISTORY.map(({ id }) => id));
});

it("signs with env_key before the inline token, and sends configured headers", async () => {
  const spec = {
    env_key: "MY_KEY",
    experimental_bearer_token: "inline-token",
    http_headers: { "X-Static": "1" },
    env_http_headers: { "X-Set": "SET", "X-Blank": "BLANK", "X-Missing": "MISSING" },
  };
  const { headers } = await sent({ spec, env: { MY_KEY: " secret-1 ", SET: "s", BLANK: " " } });
  expect(headers).toMatchObject({ authorization: "Bearer secret-1", "x-static": "1", "x-set": "s" });
  expect(["x-blank" in headers, "x-missing" in headers]).toEqual([false, false]);
  const inline = await sent({ spec: { experimental_bearer_token: "inline-token" } });
  expect(inline.headers.authorization).toBe("Bearer inline-token");
});

it("gives the account's key only to providers that require it", async () => {
  const credential = { type: "api_key", token: "account-key" } as const;
  expect((await sent({ credential })).headers.authorization).toBeUndefined();
  expect((await sent({ credential, spec: { requires_openai_auth: true } })).headers.authorization).toBe(
    "Bearer account-key",
  );
  const chatgpt = { type: "chatgpt", token: "t", account_id: "acc" } as const;
  expect((await sent({ credential: chatgpt, spec: { requires_openai_auth: true } })).headers).toMatchObject({
    authorization: "Bearer t",
    "chatgpt-account-id": "acc",
  });
});

it("names the variable of a missing key, and sends nothing", async () => {
  await using server = await startResponsesServer();
  const { error } = await ask(clientOf(server.url, { spec: { env_key: "MY_KEY" } }));
  expect(error).toMatchObject({ code: "missing_credential", retry: "no" });
  expect(String(error)).toContain("`MY_KEY`");
  const how = { env_key: "MY_KEY", env_key_instructions: "Ask Ada." };
  expect(String((await ask(clientOf(server.url, { spec: how }))).error)).toContain("Ask Ada.");
});

it("does not call OpenAI without a key", async () => {
  const { error } = await ask(clientOf("", { settings: { model_provider: "openai" } }));
  expect(error).toMatchObject({ code: "missing_credential", message: expect.stringContaining("OPENAI_API_KEY") });
});

it("refuses a provider that nobody defined, and an address that is none", async () => {
  expect(() => clientOf("", { settings: { model_provider: "nope" } })).toThrow(
    "Model provider `nope` not found; known providers: mock, openai.",
  );
  for (const url of ["not a url", "ftp://x/v1"]) {
    expect((await ask(clientOf(url))).error).toMatchObject({ code: "config_invalid", retry: "no" });
  }
  const header = { http_headers: { "X-Bad": "a\nb" } };
  await using server = await startResponsesServer();
  expect((await ask(clientOf(server.url, { spec: header }))).error).toMatchObject({ code: "config_invalid" });
});

it("echoes the turn state of the first response within the turn, not in the next", async () => {
  const head = { type: "stream", events: DONE, headers: { "x-codex-turn-state": "sticky" } } as const;
  await using server = await startResponsesServer(head, DONE, DONE);
  const client = clientOf(server.url);
  await ask(client);
  await ask(client);
  await ask(clientOf(server.url));
  expect(server.requests.map(({ headers }) => headers["x-codex-turn-state"])).toEqual([undefined, "sticky", undefined]);
});

it("keeps one connection for a whole turn", async () => {
  await using server = await startResponsesServer(DONE, DONE, DONE);
  const client = clientOf(server.url);
  for (let step = 0; step < 3; step += 1) await ask(client);
  expect(server.connections).toBe(1);
});
