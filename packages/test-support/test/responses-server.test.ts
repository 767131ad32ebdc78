import { request } from "node:http";
import { expect, it } from "vitest";
import { ev, frame, startResponsesServer } from "../src/index.js";
import type { Reply } from "../src/index.js";

type Answer = { readonly status: number; readonly text: string; readonly broken: boolean };

function post(url: string, body: unknown = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}/responses`, { method: "POST", agent: false }, (response) => {
      let text = "";
      const settle = ({ broken }: { broken: boolean }) => resolve({ status: response.statusCode ?? 0, text, broken });
      response.setEncoding("utf8");
      response.on("data", (chunk) => (text += String(chunk)));
      response.once("end", () => settle({ broken: false }));
      response.once("error", () => settle({ broken: true }));
    });
    outgoing.once("error", reject);
    outgoing.end(JSON.stringify(body));
  });
}

const script = [ev.created(), ev.message("größer"), ev.completed()];
const wire = script.map(frame).join("");

it("answers requests with its script, in order, and holds what came", async () => {
  await using server = await startResponsesServer(script);
  server.answer({ type: "status", status: 429, headers: { "retry-after": "1" }, body: { error: { type: "x" } } });

  expect(await post(server.url, { input: [1] })).toEqual({ status: 200, text: wire, broken: false });
  expect(server.single()).toMatchObject({ method: "POST", path: "/v1/responses", body: { input: [1] } });
  expect(await post(server.url)).toEqual({ status: 429, text: '{"error":{"type":"x"}}', broken: false });
  expect(() => server.single()).toThrow("2 requests, not one");
});

it("finds what a tool call was answered with", async () => {
  await using server = await startResponsesServer(script);
  await post(server.url, { input: [{ type: "function_call_output", call_id: "c1", output: "done" }] });
  expect([server.outputOf("c1"), server.outputOf("c2")]).toEqual(["done", undefined]);
});

it.each<[string, Reply, string]>([
  ["events", { type: "stream", events: script, cut_after_events: 2 }, wire.slice(0, wire.lastIndexOf("event:"))],
  ["bytes", { type: "stream", events: script, cut_after_bytes: 20 }, wire.slice(0, 20)],
])("breaks the connection after some %s", async (_, reply, text) => {
  await using server = await startResponsesServer(reply);
  expect(await post(server.url)).toEqual({ status: 200, text, broken: true });
});

it("writes in pieces that split characters", async () => {
  await using server = await startResponsesServer({ type: "stream", events: script, chunk_bytes: 7 });
  expect((await post(server.url)).text).toBe(wire);
});

it("is driven piece by piece", async () => {
  await using server = await startResponsesServer({
    type: "driven",
    drive: (stream) => {
      stream.send(...script);
      stream.write(": tail\n");
      stream.end();
    },
  });
  expect((await post(server.url)).text).toBe(`${wire}: tail\n`);
});

it("breaks a connection without an answer", async () => {
  await using server = await startResponsesServer({ type: "reset" });
  await expect(post(server.url)).rejects.toMatchObject({ code: "ECONNRESET" });
});

it("throws for replies that nobody asked for", async () => {
  const server = await startResponsesServer(script);
  await server.close();
  expect(() => server.verify()).toThrow("1 of the server's replies were never asked for");
});

it("answers 500 to a request outside the script, and throws", async () => {
  const server = await startResponsesServer();
  expect((await post(server.url)).status).toBe(500);
  await expect(server[Symbol.asyncDispose]()).rejects.toThrow("unexpected requests: POST /v1/responses");
});
