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

  it("runs nothing", async () => {
    const { code, stdout } = await explain("-s", "danger-full-access", "--", "touch made");
    expect(code).toBe(0);
    expect(stdout).toContain("runs outside the sandbox, without a question");
    expect((await codex(["sandbox", "-s", "read-only", "--", "ls"], { cwd })).stdout).toBe("");
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
