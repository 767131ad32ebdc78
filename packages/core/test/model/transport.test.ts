import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import type { Server } from "node:net";
import { setImmediate } from "node:timers/promises";
import { ev, startResponsesServer } from "@codex/test-support";
import { expect, it } from "vitest";
import { HeaderList } from "../../src/model/headers.js";
import type { WireResponse } from "../../src/model/transport.js";
import { createTransport } from "../../src/model/transport.js";

/** Accepts connections and says nothing. */
async function muteServer(): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { port: address.port, server };
}

it("gives up a connection that does not stand in time", async () => {
  const { port, server } = await muteServer();
  using transport = createTransport({ connect_ms: 30 });
  await expect(transport.fetch(`https://127.0.0.1:${port}/`)).rejects.toMatchObject({
    code: "connection_failed",
    message: `no connection to 127.0.0.1:${port} within 30 ms`,
  });
  server.close();
});

it("posts a body and hands the response over unread, whatever its status", async () => {
  await using server = await startResponsesServer({
    type: "status",
    status: 418,
    headers: { "x-one": "1" },
    body: "größe",
  });
  using transport = createTransport({ connect_ms: 1000 });
  const response = await transport.fetch(`${server.url}/responses`, {
    method: "POST",
    body: "€",
    headers: [["x-two", "2"]],
  });
  expect([response.ok, response.status, response.headers.get("X-One")]).toEqual([true, 418, "1"]);
  expect(await response.text()).toBe("größe");
  expect(server.single()).toMatchObject({ body: "€", headers: { "content-length": "3", "x-two": "2" } });
  await expect(response.blob()).rejects.toMatchObject({ code: "internal" });
});

it("aborts with the signal's reason", async () => {
  await using server = await startResponsesServer({ type: "silence" }, [ev.completed()]);
  using transport = createTransport({ connect_ms: 1000 });
  const url = `${server.url}/responses`;
  const controller = new AbortController();
  const asked = transport.fetch(url, { method: "POST", signal: controller.signal });
  await server.request(0);
  controller.abort(new Error("enough"));
  await expect(asked).rejects.toThrow("enough");
  await expect(
    transport.fetch(url, { method: "POST", signal: AbortSignal.abort(new Error("before")) }),
  ).rejects.toThrow("before");
  await transport.fetch(url, { method: "POST" });
});

it("may be aborted at any moment, and be left in any state of its response", async () => {
  const failures: unknown[] = [];
  const note = (error: unknown): void => void failures.push(error);
  for (const kind of ["uncaughtException", "unhandledRejection"] as const) process.on(kind, note);
  let asked = 0;
  const server = createHttpServer((request, response) => {
    asked += 1;
    request.resume();
    if (asked % 3 === 0) request.socket.resetAndDestroy();
    else if (asked % 3 === 1) response.end("whole");
    else response.write("half");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const transport = createTransport({ connect_ms: 1000 });
  const leave = [
    (response: WireResponse) => response.abandon(),
    (response: WireResponse) => response.release(),
    (response: WireResponse) => response.text(),
    () => undefined,
  ];
  const ask = async (turn: number): Promise<void> => {
    const controller = new AbortController();
    const body = "x".repeat(turn % 5 === 0 ? 300_000 : 10);
    const request = { method: "POST", headers: {}, body, signal: controller.signal };
    const ended = transport.ask(`http://127.0.0.1:${address.port}/`, request).then(leave[turn % leave.length]);
    const settled = ended.catch(() => undefined);
    for (let ticks = 0; ticks < turn % 13; ticks += 1) await setImmediate();
    controller.abort(new Error("enough"));
    await settled;
  };
  for (let turn = 0; turn < 600; turn += 4) await Promise.all([0, 1, 2, 3].map((more) => ask(turn + more)));
  transport[Symbol.dispose]();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  for (const kind of ["uncaughtException", "unhandledRejection"] as const) process.off(kind, note);
  expect([failures, asked > 100]).toEqual([[], true]);
});

it("has the part of the web's Headers that the openai package needs", () => {
  const headers = new HeaderList();
  headers.set("Accept", "a");
  headers.append("accept", "b");
  headers.append("X-One", "1");
  expect([headers.get("ACCEPT"), headers.get("none"), headers.has("x-one")]).toEqual(["a, b", null, true]);
  headers.delete("Accept");
  expect([[...headers], [...headers.keys()], [...headers.values()]]).toEqual([[["x-one", "1"]], ["x-one"], ["1"]]);
});
