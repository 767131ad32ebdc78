import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ev, mockProviderConfig, startResponsesServer, temporaryHome, workspace } from "@codex/test-support";
import type { ResponsesServer, TemporaryFolder } from "@codex/test-support";
import { codex, type Ran } from "./codex.js";

let server: ResponsesServer;
let home: TemporaryFolder;
let project: TemporaryFolder;

beforeEach(async () => {
  server = await startResponsesServer();
  home = await temporaryHome({ config: mockProviderConfig(server.url) });
  project = await workspace({ git: true, files: { "a.txt": "old\n" } });
});

afterEach(async () => {
  await Promise.all([home[Symbol.asyncDispose](), project[Symbol.asyncDispose]()]);
  await server[Symbol.asyncDispose]();
});

/** One turn that runs `command` and says done. */
function run(command: string, ...flags: readonly string[]): Promise<Ran> {
  server.answer(
    [ev.call("c1", "exec_command", { cmd: command, login: false }), ev.completed()],
    [ev.message("done"), ev.completed()],
  );
  return codex(["exec", ...flags, "go"], { cwd: project.path, env: { CODEX_HOME: home.path } });
}

const WHY = "probably: the sandbox (read-only) lets nothing be written";

describe("what the sandbox refused (peers.md §2, 13)", () => {
  it("is told to the model and to the person, beside the command's own words", async () => {
    const { code, stdout, stderr } = await run("touch new.txt");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "done\n" });
    const target = `${project.path}/new.txt`;
    const remedy = `(${target}); the user can allow it with -s workspace-write\n`;
    expect(stderr).toContain("Read-only file system\n");
    expect(stderr).toContain(`\nsandbox: ${WHY} ${remedy}`);
    expect(JSON.stringify(server.requests[1]?.body)).toContain(`[sandbox] ${WHY} `);
  });

  it("is a typed field of the item in JSON lines, which hold nothing else", async () => {
    const { code, stdout, stderr } = await run("touch new.txt", "--json");
    const lines = stdout.trimEnd().split("\n");
    const items = lines.map((line): unknown => JSON.parse(line));
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining("sandbox:") });
    expect(items).toContainEqual({
      type: "item.completed",
      item: expect.objectContaining({
        type: "command_execution",
        exit_code: 1,
        denial: {
          layer: "filesystem",
          target: `${project.path}/new.txt`,
          rule: { layer: "filesystem", text: WHY.replace("probably: ", "") },
          allow_with: "-s workspace-write",
          certain: false,
        },
      }),
    });
  });

  it("is not invented where the command failed by itself", async () => {
    const { stdout } = await run("cat missing.txt; exit 3", "--json");
    expect(stdout).toContain('"exit_code":3');
    expect(stdout).not.toContain('"denial"');
  });
});
