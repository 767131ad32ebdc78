import { createServer } from "node:net";
import { ev, manualClock, startResponsesServer } from "@codex/test-support";
import type { Reply, ResponsesServer } from "@codex/test-support";
import { expect, it } from "vitest";
import { ask, clientOf } from "./fixture.js";
import type { ClientOptions } from "./fixture.js";

type Status = { readonly headers?: Readonly<Record<string, string>>; readonly body?: object | string };

function status(code: number, more: Status = {}): Reply {
  return { type: "status", status: code, ...more };
}

/** As many of one reply as the requests of one stream attempt. */
async function refused(reply: Reply, times = 1, options: ClientOptions = {}) {
  await using server = await startResponsesServer(...Array.from({ length: times }, () => reply));
  const clock = manualClock({ skip_up_to: 60_000 });
  const { items, error } = await ask(clientOf(server.url, { clock, ...options }));
  return { items, error, waits: clock.sleeps.filter((ms) => ms < 60_000) };
}

const LIMITS = { "x-codex-primary-used-percent": "100", "x-codex-primary-window-minutes": "300" };
const error = (fields: object): object => ({ error: fields });

it.each<[string, Reply, number, object]>([
  ["400", status(400, { body: "plain" }), 1, { code: "invalid_request", retry: "no", status: 400 }],
  [
    "400 context",
    status(400, { body: error({ code: "context_length_exceeded" }) }),
    1,
    { code: "context_window_exceeded", retry: "no" },
  ],
  ["401", status(401), 1, { code: "unauthorized", retry: "no", status: 401 }],
  ["403", status(403), 1, { code: "unexpected_status", retry: "backoff", status: 403 }],
  [
    "404 of a server without this wire",
    status(404, { body: "404 page not found" }),
    1,
    { message: expect.stringMatching(/page not found.*set wire_api = "chat" for it$/) },
  ],
  ["404", status(404), 1, { code: "unexpected_status", retry: "backoff", status: 404 }],
  ["302", status(302, { headers: { location: "/x" } }), 1, { code: "unexpected_status", status: 302 }],
  ["429", status(429), 1, { code: "retry_limit", retry: "no", status: 429 }],
  [
    "429 quota",
    status(429, { body: error({ code: "insufficient_quota" }) }),
    1,
    { code: "quota_exceeded", retry: "no" },
  ],
  [
    "429 not included",
    status(429, { body: error({ type: "usage_not_included" }) }),
    1,
    { code: "usage_not_included", retry: "no" },
  ],
  ["500", status(500), 5, { code: "internal_server_error", retry: "backoff", status: 500 }],
  ["502", status(502, { body: "<html><body>Bad\nGateway</body></html>" }), 5, { code: "unexpected_status" }],
  ["503", status(503), 5, { code: "unexpected_status", retry: "backoff" }],
  [
    "503 overloaded",
    status(503, { body: error({ code: "slow_down" }) }),
    5,
    { code: "server_overloaded", retry: "no", status: 503 },
  ],
])("status %s: one clear error after as many requests as live.md §1.2 says", async (_, reply, times, expected) => {
  const result = await refused(reply, times);
  expect(result.error).toMatchObject(expected);
  expect(String(result.error)).not.toContain("\n");
});

it("waits 200, 400, 800 and 1600 ms (±10 %) between its requests", async () => {
  const { waits } = await refused(status(500), 5);
  expect(waits).toHaveLength(4);
  for (const [index, wait] of waits.entries()) {
    expect(wait).toBeGreaterThanOrEqual(180 * 2 ** index);
    expect(wait).toBeLessThan(220 * 2 ** index);
  }
});

it("takes Retry-After of a 503 as the delay before the next request", async () => {
  const reply = status(503, { headers: { "retry-after": "7" } });
  expect((await refused(reply, 2, { spec: { request_max_retries: 1 } })).waits).toEqual([7000]);
});

it("recovers when a later request is answered", async () => {
  await using server = await startResponsesServer({ type: "reset" }, status(500), [ev.completed()]);
  expect((await ask(clientOf(server.url))).items).toHaveLength(1);
});

it.each([
  ["5", 5000],
  ["0", 0],
  ["86400", 600_000],
  ["Sun, 22 Nov 2026 12:00:30 GMT", 30_000],
  ["Sun, 22 Nov 2026 11:00:00 GMT", 0],
])("429 with Retry-After %s is retried after that time, at most ten minutes", async (value, after_ms) => {
  const { error: known } = await refused(status(429, { headers: { "retry-after": value } }));
  expect(known).toMatchObject({ code: "rate_limited", retry: { after_ms }, status: 429 });
});

it.each(["1.5", "soon", "-1", ""])("429 with Retry-After %o is final", async (value) => {
  const { error: known } = await refused(status(429, { headers: { "retry-after": value } }));
  expect(known).toMatchObject({ code: "retry_limit", retry: "no" });
});

it("tells the usage limit with its plan and its reset, and the limits before it", async () => {
  const body = error({ type: "usage_limit_reached", plan_type: "plus", resets_at: Date.UTC(2026, 10, 25, 12) / 1000 });
  const { items, error: known } = await refused(status(429, { headers: LIMITS, body }));
  expect(items).toMatchObject([{ type: "rate_limits", snapshot: { primary: { used_percent: 100 } } }]);
  expect(known).toMatchObject({ code: "usage_limit_reached", retry: "no" });
  expect(String(known)).toMatch(/plus plan\. Try again at Nov 25, 2026/);
});

it("names status, reason, address and ids, but neither query nor password", async () => {
  const headers = { "cf-ray": "ray-1", "x-request-id": "req-1" };
  await using server = await startResponsesServer(status(404, { headers, body: error({ message: "no such model" }) }));
  const url = server.url.replace("http://", "http://me:hidden@");
  const spec = { query_params: { key: "query-secret" }, request_max_retries: 0 };
  const { error: known } = await ask(clientOf(url, { spec }));
  expect(known).toMatchObject({
    message: `unexpected status 404 Not Found: no such model, url: ${server.url}/responses, cf-ray: ray-1, request id: req-1`,
  });
});

it.each([
  ["env_key", { env_key: "MY_KEY" }, "Check the key in MY_KEY."],
  ["inline token", { experimental_bearer_token: "secret-token-1" }, "Check experimental_bearer_token in config.toml."],
  ["account key", { requires_openai_auth: true }, "Check the API key (CODEX_API_KEY, OPENAI_API_KEY or auth.json)."],
  ["no key", {}, "No key was sent to mock: name its variable with env_key in config.toml."],
])("401 with %s says what to do and never shows the key", async (_, spec, advice) => {
  const body = error({ message: "Incorrect key secret-token-1 or sk-proj-abc123456789xyz" });
  const { error: known } = await refused(status(401, { body }), 1, {
    spec,
    env: { MY_KEY: "secret-token-1" },
    credential: { type: "api_key", token: "secret-token-1" },
  });
  expect(String(known)).toContain(advice);
  expect(String(known)).not.toMatch(/sk-proj|abc123456789/);
  if (Object.keys(spec).length > 0) expect(String(known)).not.toContain("secret-token-1");
});

it("cuts a body that does not end", async () => {
  const { error: known } = await refused(status(400, { body: "x".repeat(200_000) }));
  expect(String(known).length).toBeLessThan(70_000);
  expect(String(known)).toContain("cut after 65536 characters");
});

it("takes a connection that breaks before the answer for a broken stream", async () => {
  const { error: known, waits } = await refused({ type: "reset" }, 5);
  expect(known).toMatchObject({ code: "stream_disconnected", retry: "backoff" });
  expect(waits).toHaveLength(4);
});

async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address !== null && typeof address === "object" ? address.port : 0;
}

it("gives up a server that cannot be reached within half a minute, whatever the retries", async () => {
  const clock = manualClock({ skip_up_to: 60_000 });
  const client = clientOf(`http://127.0.0.1:${await unusedPort()}/v1`, { clock, spec: { stream_max_retries: 100 } });
  const errors: unknown[] = [];
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const { error: known } = await ask(client);
    errors.push(known);
    expect(known).toMatchObject({ code: "connection_failed" });
    if (String(known).includes("Gave up")) break;
  }
  expect(errors.at(-1)).toMatchObject({ retry: "no", message: expect.stringContaining("127.0.0.1") });
  expect(errors.length).toBeGreaterThan(1);
  expect(clock.monotonic()).toBeLessThan(25_000);
  for (const known of errors.slice(0, -1)) expect(known).toMatchObject({ retry: "backoff" });
});

it("says that a certificate is not trusted, at once", async () => {
  const server = await startResponsesServer();
  const { error: known } = await ask(clientOf(server.url.replace("http:", "https:")));
  await server.close();
  expect(known).toMatchObject({ code: "connection_failed", retry: "no" });
});

it("is a client of which two can ask at once", async () => {
  const server: ResponsesServer = await startResponsesServer([ev.completed()], [ev.completed()]);
  const client = clientOf(server.url);
  await Promise.all([ask(client), ask(client)]);
  await server[Symbol.asyncDispose]();
});
