import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ev, mockProviderConfig, startResponsesServer, temporaryHome, workspace } from "@codex/test-support";
import type { ResponsesServer, TemporaryFolder } from "@codex/test-support";
import { codex, startCodex, type Run } from "./codex.js";

let server: ResponsesServer;
let project: TemporaryFolder;

beforeEach(async () => {
  server = await startResponsesServer();
  project = await workspace({ git: true });
});

afterEach(async () => {
  await project[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

describe("the first JSON line", () => {
  it("is told while the session is opened, and an error ends the stream when that fails", async () => {
    await using home = await temporaryHome({ config: mockProviderConfig(server.url) });
    const gate = join(home.path, "gate");
    execFileSync("mkfifo", [gate]);
    const client = ["sh", "-c", `cat ${gate}; echo no place >&2; exit 1`];
    const place = ["environment.type=docker", "environment.image=x", `environment.client=${JSON.stringify(client)}`];
    const args = ["exec", "--json", ...place.flatMap((setting) => ["-c", setting]), "hi"];
    const { child, done } = startCodex(args, { cwd: project.path, env: { CODEX_HOME: home.path } });
    if (child.stdout !== null) await once(child.stdout, "data");
    await writeFile(gate, "");
    const { code, stdout, stderr } = await done;
    expect(code).toBe(1);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      { type: "thread.started", thread_id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      { type: "error", message: expect.stringContaining("no place") },
    ]);
    expect(stderr.split("\n").filter((line) => line.startsWith("error: "))).toHaveLength(1);
    expect(server.requests).toHaveLength(0);
  });

  it("is told once, of the session that the file then holds", async () => {
    const hello = [ev.message("hello"), ev.completed()];
    server.answer(hello, hello);
    await using home = await temporaryHome({ config: mockProviderConfig(server.url) });
    const { stdout } = await codex(["exec", "--json", "hi"], { cwd: project.path, env: { CODEX_HOME: home.path } });
    const ids = [...stdout.matchAll(/"thread\.started","thread_id":"([^"]+)"/g)].map(([, id]) => id);
    expect(ids).toHaveLength(1);
    const resumed = await codex(["exec", "resume", "--json", ids[0] ?? "", "more"], {
      cwd: project.path,
      env: { CODEX_HOME: home.path },
    });
    expect(resumed.stdout.split("\n")[0]).toBe(`{"type":"thread.started","thread_id":"${ids[0]}"}`);
  });

  it.each([
    { what: "a configuration", args: ["hi"], more: { config: 'model_verbosity = "loud"\n' } },
    { what: "a provider", args: ["-c", "model_provider=nobody", "hi"], more: {} },
    { what: "a prompt", args: ["-"], more: { stdin: " \n" } },
    { what: "an image", args: ["-i", "none.png", "--", "hi"], more: {} },
  ])("is not told of $what that is wrong", async ({ args, more }) => {
    const { config = "", ...options }: Run & { readonly config?: string } = more;
    await using home = await temporaryHome({ config: `${config}${mockProviderConfig(server.url)}` });
    const ran = await codex(["exec", "--json", ...args], {
      cwd: project.path,
      env: { CODEX_HOME: home.path },
      ...options,
    });
    expect(ran).toMatchObject({ code: 1, stdout: "" });
  });
});
