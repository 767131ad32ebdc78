import { PassThrough } from "node:stream";
import type { ResponsesServer, TemporaryFolder } from "../packages/test-support/src/index.js";
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

  it("custom-model needs no server", async () => {
    await import("../examples/custom-model.mjs");
    expect(said).toContain("There are 2 names in this folder.");
    expect(server.requests).toHaveLength(0);
  });
});
