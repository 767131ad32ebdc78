import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codex } from "./codex.js";

let home = "";
let cwd = "";

beforeAll(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), "codex-explain-home-")));
  cwd = await realpath(await mkdtemp(join(tmpdir(), "codex-explain-")));
  await mkdir(join(home, "rules"));
  await writeFile(join(home, "config.toml"), 'model = "gpt-5"\napproval_policy = "on-request"\n');
  await writeFile(join(home, "rules/a.rules"), '# mine\nprefix_rule(pattern=["git", "push"], decision="prompt")\n');
});
afterAll(async () => {
  for (const folder of [home, cwd]) await rm(folder, { recursive: true });
});

const explain = (...args: readonly string[]) => codex(["explain", ...args], { cwd, env: { CODEX_HOME: home } });

describe("codex explain", () => {
  it("names the rule, the mode and the place with file and line, and what would allow it", async () => {
    const { code, stdout, stderr } = await explain("-s", "workspace-write", "--", "git", "push", "origin");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("git push origin\n");
    expect(stdout).toContain(`asks a rule asks before commands starting with git push (${home}/rules/a.rules:2)`);
    expect(stdout).toContain(`approval policy on-request (${home}/config.toml:2)`);
    expect(stdout).toContain("asked about first, then runs inside the sandbox");
    expect(stdout).toContain(`writable: ${cwd}`);
    expect(stdout).toContain(`to allow  change or remove the rule at ${home}/rules/a.rules:2`);
  });

  it("as JSON, of a script as a session would run it", async () => {
    const { stdout } = await explain("--json", "-s", "read-only", "-c", "approval_policy=never", "--", "ls; git push");
    expect(JSON.parse(stdout)).toMatchObject({
      argv: [expect.stringMatching(/(ba|z|da)?sh$/), "-lc", "ls; git push"],
      cwd,
      outcome: "refuses",
      reading: { type: "plain", commands: [["ls"], ["git", "push"]] },
      layers: [{ layer: "rules", says: "ask" }, { layer: "safety" }, { layer: "mode", says: "forbid" }],
    });
  });

  it("--ignore-rules leaves the user's rules out", async () => {
    const { stdout } = await explain("--ignore-rules", "-s", "workspace-write", "--", "git", "push", "origin");
    expect(stdout).toContain("runs inside the sandbox, without a question");
    expect(stdout).not.toContain("a.rules");
  });

  it("runs nothing", async () => {
    const { code, stdout } = await explain("-s", "danger-full-access", "--", "touch made");
    expect(code).toBe(0);
    expect(stdout).toContain("runs outside the sandbox, without a question");
    expect((await codex(["sandbox", "-s", "read-only", "--", "ls"], { cwd })).stdout).toBe("");
  });

  it("--history says what a change would mean for the commands of past sessions", async () => {
    const folder = join(home, "sessions/2026/01/02");
    await mkdir(folder, { recursive: true });
    const id = "01890a5d-ac96-774b-bcce-b302099a8057";
    const line = (type: string, payload: object) => `${JSON.stringify({ timestamp: "2026-01-02", type, payload })}\n`;
    const said = { type: "message", role: "user", content: [{ type: "input_text", text: "ship it" }] };
    const ran = { type: "function_call", name: "exec_command", arguments: '{"cmd":"make"}', call_id: "1" };
    const under = { approval_policy: "on-request", sandbox_policy: { type: "read-only" }, model: "gpt-5", cwd };
    const first = { id, timestamp: "2026-01-02", cwd, originator: "codex_exec", cli_version: "0.169.0" };
    const lines: [string, object][] = [
      ["session_meta", first],
      ["turn_context", under],
      ["response_item", said],
      ["response_item", ran],
    ];
    const text = lines.map(([type, payload]) => line(type, payload)).join("");
    await writeFile(join(folder, `rollout-2026-01-02T03-04-05-${id}.jsonl`), text);
    const same = await explain("--history");
    expect(same).toMatchObject({ code: 0, stderr: "" });
    expect(same.stdout).toBe("1 commands of 1 sessions: 0 would be decided differently now\n");
    const changed = await explain("--history", "-c", "approval_policy=untrusted");
    expect(changed.stdout).toContain("\nruns inside → asks  1×  bash -lc make\n");
    const elsewhere = await codex(["explain", "--history", "-C", home], { cwd, env: { CODEX_HOME: home } });
    expect(elsewhere.stdout).toContain("0 commands of 0 sessions");
    expect(await explain("--history", "--", "ls")).toMatchObject({ code: 2, stdout: "" });
    expect(await explain("--all", "--", "ls")).toMatchObject({ code: 2, stdout: "" });
  });

  it("without a command is a mistake; with rules that cannot be read it fails with file and line", async () => {
    expect(await explain()).toMatchObject({ code: 2, stdout: "" });
    await writeFile(join(home, "rules/b.rules"), "prefix_rule(pattern=[])\n");
    const broken = await explain("--", "ls");
    expect(broken).toMatchObject({ code: 1, stdout: "" });
    expect(broken.stderr).toContain(`${home}/rules/b.rules:1`);
    const run = await codex(["exec", "--skip-git-repo-check", "hi"], {
      cwd,
      env: { CODEX_HOME: home, CODEX_API_KEY: "k" },
    });
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(`${home}/rules/b.rules:1`);
    await rm(join(home, "rules/b.rules"));
  });
});
