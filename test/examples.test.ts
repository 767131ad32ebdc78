import { once } from "node:events";
import { PassThrough } from "node:stream";
import type { DrivenStream, ResponsesServer, TemporaryFolder } from "../packages/test-support/src/index.js";
import {
  ev,
  mockProviderConfig,
  startResponsesServer,
  temporaryHome,
  workspace,
} from "../packages/test-support/src/index.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

/** The programs in `examples/`, run in this process as a newcomer would run them. */
describe("the example", () => {
  let server: ResponsesServer;
  let home: TemporaryFolder;
  let work: TemporaryFolder;
  let said = "";

  beforeEach(async () => {
    server = await startResponsesServer();
    const sandbox = 'sandbox_mode = "workspace-write"\n';
    home = await temporaryHome({ config: sandbox + mockProviderConfig(server.url) });
    work = await workspace({ files: { one: "1", two: "2" } });
    said = "";
    vi.stubEnv("HOME", home.path);
    vi.stubEnv("CODEX_HOME", home.path);
    vi.stubEnv("CODEX_API_KEY", "k");
    vi.spyOn(process, "cwd").mockReturnValue(work.path);
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      said += String(text);
      return true;
    });
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    for (const each of [server, home, work]) await each[Symbol.asyncDispose]();
  });

  it("chat answers what is typed", async () => {
    const typed = new PassThrough();
    const stdin = Object.getOwnPropertyDescriptor(process, "stdin") ?? {};
    Object.defineProperty(process, "stdin", { value: typed, configurable: true });
    server.answer([ev.created(), ev.textDelta("Hello, you."), ev.message("Hello, you."), ev.completed()]);
    typed.end("hi\n");
    await import("../examples/chat.mjs").finally(() => Object.defineProperty(process, "stdin", stdin));
    expect(said).toContain("Hello, you.");
  });

  it("custom-tool lets the model call it", async () => {
    server.answer(
      [ev.created(), ev.call("c1", "find_users", { name: "a" }), ev.completed()],
      [ev.created(), ev.message("Ada and Grace"), ev.completed()],
    );
    await import("../examples/custom-tool.mjs");
    expect(said).toContain("Ada and Grace");
    expect(JSON.stringify(server.requests[1]?.body)).toContain('[\\"Ada\\",\\"Grace\\"]');
  });

  it("custom-approval refuses what deletes, and the model reads why", async () => {
    server.answer(
      [ev.created(), ev.call("c1", "exec_command", { cmd: "rm one", login: false }), ev.completed()],
      [ev.created(), ev.message("Nothing was deleted."), ev.completed()],
    );
    await import("../examples/custom-approval.mjs");
    expect(said).toContain("may it run?");
    expect(JSON.stringify(server.requests[1]?.body)).toContain("nothing is deleted here");
    expect(await work.read("one")).toBe("1");
  });

  it("server answers each user in a session of their own, and stops the turn of a client that leaves", async () => {
    vi.spyOn(process, "argv", "get").mockReturnValue(["node", "server.mjs", "0"]);
    const { server: chat, stop } = await import("../examples/server.mjs");
    if (!chat.listening) await once(chat, "listening");
    const address = chat.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const ask = (user: string, body: string, signal?: AbortSignal): Promise<Response> =>
      fetch(`http://127.0.0.1:${address.port}/${user}`, { method: "POST", body, ...(signal && { signal }) });
    for (const [user, question] of [
      ["ada", "one"],
      ["ada", "two"],
      ["grace", "three"],
    ] as const) {
      server.answer([ev.created(), ev.textDelta("Hello."), ev.message("Hello."), ev.completed()]);
      expect(await (await ask(user, question)).text()).toBe("Hello.\n");
    }
    const [, second, third] = server.requests.map(({ body }) => JSON.stringify(body));
    expect([second?.includes('"one"'), third?.includes('"one"')]).toEqual([true, false]);
    let isStopped: Promise<void> | undefined;
    const drive = (stream: DrivenStream): void => {
      isStopped = stream.closed;
      stream.send(ev.created(), ev.textDelta("Hel"));
    };
    server.answer({ type: "driven", drive });
    const client = new AbortController();
    await ask("ada", "four", client.signal);
    client.abort();
    await isStopped;
    await stop();
  });

  it("custom-model needs no server", async () => {
    await import("../examples/custom-model.mjs");
    expect(said).toContain("There are 2 names in this folder.");
    expect(server.requests).toHaveLength(0);
  });
});
