import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { codex } from "./codex.js";

describe("codex", () => {
  it("says its version and its help on stdout", async () => {
    const manifest: unknown = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
    const version = await codex(["--version"]);
    expect(manifest).toMatchObject({ version: version.stdout.trim().split(" ")[1] });
    const help = await codex(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain("codex exec");
  });

  it("without a command says how to use exec, and exits 2", async () => {
    const { code, stdout, stderr } = await codex([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("codex exec ");
    expect(await codex(["fix the bug"])).toEqual({ code, stdout, stderr });
  });

  it.each([
    [["exce"], "error: unknown command 'exce' (Did you mean exec?); see codex --help\n"],
    [["--nope"], "error: unknown option '--nope'; see codex --help\n"],
    [["exec", "--jsn", "x"], "error: unknown option '--jsn' (Did you mean --json?); see codex exec --help\n"],
    [["sandbox"], "error: no command was given: codex sandbox -s read-only -- ls; see codex sandbox --help\n"],
    [["demo", "now"], "error: too many arguments. Expected 0 arguments but got 1.; see codex demo --help\n"],
  ])("%j is a mistake: one line, exit 2", async (args, stderr) => {
    expect(await codex(args)).toEqual({ code: 2, stdout: "", stderr });
  });

  it("says what a rules file decides about a command, as JSON", async () => {
    const cwd = await mkdtemp(join(tmpdir(), "codex-rules-"));
    await writeFile(join(cwd, "my.rules"), 'prefix_rule(pattern = ["git", "push"], decision = "forbidden")\n');
    const ran = await codex(["execpolicy", "check", "--rules", "my.rules", "--", "git", "push", "origin"], { cwd });
    expect({ code: ran.code, decision: JSON.parse(ran.stdout) }).toMatchObject({
      code: 0,
      decision: { decision: "forbidden", matchedRules: [{ prefixRuleMatch: { matchedPrefix: ["git", "push"] } }] },
    });
    await rm(cwd, { recursive: true });
  });

  it("behaves as apply_patch when asked to", async () => {
    const cwd = await mkdtemp(join(tmpdir(), "codex-patch-"));
    const patch = "*** Begin Patch\n*** Add File: new.txt\n+hello\n*** End Patch\n";
    const ran = await codex(["--codex-run-as-apply-patch", patch], { cwd });
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(await readFile(join(cwd, "new.txt"), "utf8")).toBe("hello\n");
    await rm(cwd, { recursive: true });
  });
});
