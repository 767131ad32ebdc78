import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ev, mockProviderConfig, startResponsesServer, temporaryHome, workspace } from "@codex/test-support";
import { expect, it } from "vitest";
import { codex } from "./codex.js";
import { TOOL_CALLS } from "./tool-calls.js";

const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

it("one turn with every built-in tool, each answered, and what was done told as JSON lines", async () => {
  await using server = await startResponsesServer();
  const config = `web_search = "live"\n${mockProviderConfig(server.url, "some-model")}`;
  await using home = await temporaryHome({ config });
  await using project = await workspace({ git: true, files: { "a.txt": "old\n", "src/c.ts": "needle\n" } });
  await writeFile(join(project.path, "p.png"), Buffer.from(PNG, "base64"));
  for (const [name, args] of TOOL_CALLS) {
    const call = typeof args === "string" ? ev.customCall(name, name, args) : ev.call(name, name, args);
    server.answer([call, ev.completed()]);
  }
  server.answer([ev.webSearch("ws_1", { type: "search", query: "needle" }), ev.message("done"), ev.completed()]);
  const run = { cwd: project.path, env: { CODEX_HOME: home.path } };
  const { code, stdout } = await codex(["exec", "--json", "-s", "workspace-write", "use everything"], run);
  expect(code).toBe(0);
  for (const [name, , expected] of TOOL_CALLS) {
    const output = server.outputOf(name);
    expect([name, typeof output === "string" ? output : JSON.stringify(output)]).toEqual([
      name,
      expect.stringMatching(expected),
    ]);
  }
  expect(await project.read("b.txt")).toBe("edited\n");
  const done = stdout
    .split("\n")
    .filter((line) => line.includes('"item.completed"'))
    .map((line) => /"item":\{"id":"item_\d+","type":"(\w+)"/.exec(line)?.[1])
    .filter((type) => type !== "error");
  const commands = (count: number): readonly string[] => Array.from({ length: count }, () => "command_execution");
  expect(done).toEqual([
    ...commands(4),
    ...["file_change", "file_change", "file_change"],
    ...commands(2),
    ...["web_search", "agent_message", "todo_list"],
  ]);
});
