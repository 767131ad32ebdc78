import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeProblem, loadPolicy, runExecpolicy } from "../src/index.js";
import { noAbort } from "./rules.js";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "execpolicy-load-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const file = async (name: string, content: string | Uint8Array) => {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
};

describe("folders of rules", () => {
  test("every *.rules file by name, folders in order, other files and missing folders ignored", async () => {
    await file("b.rules", 'prefix_rule(pattern=["b"])');
    await file("a.rules", 'prefix_rule(pattern=["a"])');
    await file("c.txt", "nonsense");
    await mkdir(join(folder, "more"));
    await file("more/a.rules", 'prefix_rule(pattern=["c"])');
    const loaded = await loadPolicy([join(folder, "none"), join(folder, "more"), folder], noAbort);
    const patterns = loaded.type === "loaded" ? loaded.policy.rules.prefixes.map((rule) => rule.pattern[0]?.[0]) : [];
    expect(patterns).toEqual(["c", "a", "b"]);
  });

  test("every broken file is named, with line and column, and there is no policy then", async () => {
    const a = await file("a.rules", '\nprefix_rule(pattern=["a"], match=["b"])');
    const b = await file("b.rules", "x = 1");
    const c = await file("c.rules", Buffer.from([0xff]));
    await file("d.rules", 'prefix_rule(pattern=["a"])');
    const loaded = await loadPolicy([folder], noAbort);
    expect(loaded.type === "failed" ? loaded.problems.map(describeProblem) : []).toEqual([
      `${a}:2:35: invalid example: \`b\` is expected to match the rule of line 2`,
      `${b}:1:5: unexpected "1"`,
      `${c}: not UTF-8`,
    ]);
  });

  test("a folder that is a file, and a rules file that is a folder, are problems", async () => {
    const path = await file("x", "");
    expect((await loadPolicy([path], noAbort)).type).toBe("failed");
    await mkdir(join(folder, "a.rules"));
    expect((await loadPolicy([folder], noAbort)).type).toBe("failed");
  });

  test("an aborted signal stops it", async () => {
    await expect(loadPolicy([folder], AbortSignal.abort())).rejects.toThrow();
  });
});

describe("codex-execpolicy check (exec.md §2.3)", () => {
  const run = async (...args: string[]) => {
    const said = { output: "", error: "" };
    const code = await runExecpolicy(
      {
        args,
        writeOutput: (text) => {
          said.output += text;
        },
        writeError: (text) => {
          said.error += text;
        },
      },
      noAbort,
    );
    return { code, ...said };
  };

  test("prints the matches and the strictest decision, also for forbidden with exit code 0", async () => {
    const one = await file("1", 'prefix_rule(pattern=["git"])');
    const two = await file(
      "2",
      'prefix_rule(pattern=["git", ["push", "x"]], decision="forbidden", justification="no")',
    );
    expect(await run("check", "--rules", one, `-r${two}`, "git", "push", "--pretty")).toEqual({
      code: 0,
      output:
        '{"matchedRules":[{"prefixRuleMatch":{"matchedPrefix":["git"],"decision":"allow"}},' +
        '{"prefixRuleMatch":{"matchedPrefix":["git","push"],"decision":"forbidden","justification":"no"}}],' +
        '"decision":"forbidden"}\n',
      error: "",
    });
  });

  test("says nothing of a decision when nothing matches", async () => {
    const rules = await file("1", 'prefix_rule(pattern=["git"])');
    expect((await run("check", "-r", rules, "ls")).output).toBe('{"matchedRules":[]}\n');
    expect((await run("check", "-r", rules, "bash", "-lc", "git")).output).toBe('{"matchedRules":[]}\n');
  });

  test("resolves host executables when asked, and prints prettily when asked", async () => {
    const rules = await file("1", 'prefix_rule(pattern=["git"])');
    expect((await run("check", "--rules", rules, "/bin/git")).output).toBe('{"matchedRules":[]}\n');
    const { output } = await run(
      "check",
      `--rules=${rules}`,
      "--pretty",
      "--resolve-host-executables",
      "--",
      "/bin/git",
    );
    expect(output).toContain('\n        "resolvedProgram": "/bin/git"\n');
  });

  test("a broken or missing file is exit code 1, wrong arguments are 2", async () => {
    const broken = await file("1", "\n(");
    expect(await run("check", "-r", broken, "ls")).toEqual({
      code: 1,
      output: "",
      error: `Error: ${broken}:2:1: expected a call or an assignment, found "("\n`,
    });
    expect(await run("check", "-r", join(folder, "none"), "ls")).toMatchObject({ code: 1, output: "" });
    for (const args of [
      [],
      ["check"],
      ["check", "ls"],
      ["check", "-r", broken],
      ["check", "--what", "ls"],
      ["check", "-r"],
      ["x"],
    ]) {
      expect(await run(...args)).toMatchObject({ code: 2, output: "", error: expect.stringContaining("Usage: ") });
    }
    expect((await run("--help")).code).toBe(0);
  });
});
