import { mkdir } from "node:fs/promises";
import { loadConfig } from "@codex/config";
import type { RolloutLine } from "@codex/protocol";
import { temporaryFolder } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { explainHistory, historyText } from "../../src/approvals/explain-history.js";
import { listCommands } from "../../src/rollout/commands.js";
import { call, context, line, meta } from "../rollout/lines.js";

const asked = { approval_policy: "on-request", sandbox_policy: { type: "read-only" } };

/** A home with rules, a session's lines, and the report on them under other settings. */
async function report(
  lines: readonly RolloutLine[],
  { typed = {}, added }: { typed?: Record<string, unknown>; added?: string } = {},
) {
  await using folder = await temporaryFolder("history-");
  const home = `${folder.path}/home`;
  await mkdir(`${home}/rules`, { recursive: true });
  await folder.write("home/rules/a.rules", 'prefix_rule(pattern=["git", "push"], decision="prompt")\n');
  if (added !== undefined) await folder.write("added.rules", added);
  const config = await loadConfig({ cwd: folder.path, env: { CODEX_HOME: home }, typed });
  const rules = added === undefined ? [] : [`${folder.path}/added.rules`];
  async function* sessions(): AsyncGenerator<readonly RolloutLine[]> {
    yield await Promise.resolve(lines);
  }
  return await explainHistory({ config, rules, sessions: sessions() }, new AbortController().signal);
}

describe("a changed policy over past commands", () => {
  it("finds every form that a command was asked for in, by whichever version", () => {
    const shell = { command: ["ls", "-l"], workdir: "sub" };
    const local = { type: "exec", command: ["pwd"], working_directory: "/elsewhere" };
    const lines = [
      meta(),
      call("before any settings"),
      context({ ...asked, cwd: "/work" }),
      call("1", "exec_command", { cmd: "ls", sandbox_permissions: "require_escalated" }),
      call("2", "shell", shell),
      call("3", "container.exec", { command: ["make"], with_escalated_permissions: true }),
      call("4", "shell_command", { command: "git status" }),
      line("response_item", { type: "local_shell_call", call_id: "5", status: "completed", action: local }),
      call("6", "update_plan", { plan: [] }),
      call("7", "exec_command", { cmd: 5 }),
      line("response_item", { type: "function_call", name: "shell", arguments: "{", call_id: "8" }),
    ];
    const found = [...listCommands(lines)].map(({ argv, cwd, permissions }) => [argv.join(" "), cwd, permissions]);
    expect(found).toEqual([
      ["bash -lc ls", "/work", "escalated"],
      ["ls -l", "/work/sub", "default"],
      ["make", "/work", "escalated"],
      ["bash -lc git status", "/work", "default"],
      ["pwd", "/elsewhere", "default"],
    ]);
  });

  it("lists what would be decided differently, most frequent first, however it was wrapped", async () => {
    const lines = [
      meta(),
      context(asked),
      call("1", "exec_command", { cmd: "npm test" }),
      call("2", "shell", { command: ["make"] }),
      call("3", "shell", { command: ["npm", "test"] }),
      call("4", "shell", { command: ["ls"] }),
      call("5", "shell", { command: ["git", "push"] }),
    ];
    const result = await report(lines, { typed: { approval_policy: "untrusted" } });
    expect(result).toMatchObject({
      sessions: 1,
      commands: 5,
      changes: [
        { argv: ["bash", "-lc", "npm test"], before: "runs inside", after: "asks", times: 2 },
        { argv: ["make"], before: "runs inside", after: "asks", times: 1 },
      ],
    });
    expect(historyText(result).split("\n").slice(0, 3)).toEqual([
      "5 commands of 1 sessions: 3 would be decided differently now",
      "",
      "runs inside → asks  2×  bash -lc 'npm test'",
    ]);
  });

  it("shows what a rules file would do before it is put in place, with its line", async () => {
    const lines = [meta(), context(asked), call("1", "shell", { command: ["git", "push", "origin"] })];
    const typed = { approval_policy: "on-request", sandbox_mode: "read-only" };
    expect((await report(lines, { typed })).changes).toEqual([]);
    const added = '# later\nprefix_rule(pattern=["git", "push"], decision="forbidden")\n';
    const { changes } = await report(lines, { typed, added });
    expect(changes).toMatchObject([{ before: "asks", after: "refuses" }]);
    expect(changes[0]?.because.join()).toContain("added.rules:2");
  });

  it("counts a command that a fork holds again once, and leaves patches to patch approvals", async () => {
    const patch = "*** Begin Patch\n*** Add File: a\n+a\n*** End Patch";
    const lines = [
      meta(),
      context(asked),
      call("1", "shell", { command: ["make"] }),
      call("1", "shell", { command: ["make"] }),
      call("2", "shell", { command: ["apply_patch", patch] }),
    ];
    expect(await report(lines)).toMatchObject({ commands: 1 });
  });

  it("refuses rules that cannot be read, with file and line", async () => {
    await expect(report([], { added: "prefix_rule(pattern=[])\n" })).rejects.toThrow(/added\.rules:1/);
  });
});
