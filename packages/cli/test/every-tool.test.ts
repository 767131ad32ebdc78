import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ev, mockProviderConfig, startResponsesServer, temporaryHome, workspace } from "@codex/test-support";
import { expect, it } from "vitest";
import { codex } from "./codex.js";

const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const PATCH = "*** Begin Patch\n*** Update File: b.txt\n-written\n+patched\n*** End Patch\n";

/** A call of every tool that Codex brings itself, and what its output begins with. */
const CALLS = [
  ["exec_command", { cmd: "cat a.txt" }, /^Chunk ID: [\s\S]*Output:\nold\n$/],
  ["write_stdin", { session_id: 1234 }, /Unknown process id 1234/],
  ["shell", { command: ["cat", "a.txt"] }, /^Exit code: 0\n[\s\S]*Output:\nold\n$/],
  ["container.exec", { command: ["cat", "a.txt"] }, /^Exit code: 0\n/],
  ["shell_command", { command: "cat a.txt" }, /^Exit code: 0\n/],
  ["update_plan", { plan: [{ step: "all of it", status: "in_progress" }] }, /^Plan updated$/],
  ["request_user_input", { questions: [question("q")] }, /^request_user_input is unavailable/],
  ["read_file", { path: "a.txt" }, /^1\told$/],
  ["write_file", { path: "b.txt", content: "written\n" }, /^Exit code: 0\n[\s\S]*A b\.txt\n$/],
  ["apply_patch", PATCH, /^Exit code: 0\n[\s\S]*M b\.txt\n$/],
  [
    "edit_file",
    { path: "b.txt", edits: [{ old_text: "patched", new_text: "edited" }] },
    /^Exit code: 0\n[\s\S]*M b\.txt\n$/,
  ],
  ["list_dir", { dir_path: "src" }, /^Absolute path: .*\n {2}c\.ts$/],
  ["grep_files", { pattern: "needle" }, /src\/c\.ts:1:needle$/],
  ["find_files", { pattern: "*.ts" }, /src\/c\.ts$/],
  ["view_image", { path: "p.png" }, /^\[\{"type":"input_image"/],
] as const;

function question(id: string) {
  const options = ["yes", "no"].map((label) => ({ label, description: label }));
  return { id, header: id, question: `${id}?`, options };
}

it("one turn with every built-in tool, each answered, and what was done told as JSON lines", async () => {
  await using server = await startResponsesServer();
  await using home = await temporaryHome({ config: mockProviderConfig(server.url, "some-model") });
  await using project = await workspace({ git: true, files: { "a.txt": "old\n", "src/c.ts": "needle\n" } });
  await writeFile(join(project.path, "p.png"), Buffer.from(PNG, "base64"));
  for (const [name, args] of CALLS) {
    const call = typeof args === "string" ? ev.customCall(name, name, args) : ev.call(name, name, args);
    server.answer([call, ev.completed()]);
  }
  server.answer([ev.message("done"), ev.completed()]);
  const run = { cwd: project.path, env: { CODEX_HOME: home.path } };
  const { code, stdout } = await codex(["exec", "--json", "-s", "workspace-write", "use everything"], run);
  expect(code).toBe(0);
  for (const [name, , expected] of CALLS) {
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
    ...["agent_message", "todo_list"],
  ]);
});
