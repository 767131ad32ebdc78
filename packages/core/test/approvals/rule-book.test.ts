import { mkdir } from "node:fs/promises";
import path from "node:path";
import { temporaryFolder } from "@codex/test-support";
import type { TemporaryFolder } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { loadRuleBook, ruleFolders } from "../../src/approvals/rule-book.js";
import { liveSession } from "../support/live.js";

const { signal } = new AbortController();

function bookOf(home: TemporaryFolder) {
  const own = path.join(home.path, "rules");
  return loadRuleBook({ folders: [own], amendments: path.join(own, "default.rules") }, signal);
}

describe("where rules come from", () => {
  const config = (trust: "trusted" | "untrusted" | "unset", cwd = "/p/a/b") =>
    ({
      home: "/home/u/.codex",
      rules: "read",
      project: { trust, root: "/p" },
      settings: { cwd, approval_policy: "never", sandbox_policy: { type: "read-only" }, model_provider: "x" },
    }) as const;

  it("is system, user, then a trusted project from its root down", () => {
    expect(ruleFolders(config("trusted"))).toEqual({
      folders: [
        "/etc/codex/rules",
        "/home/u/.codex/rules",
        "/p/.codex/rules",
        "/p/a/.codex/rules",
        "/p/a/b/.codex/rules",
      ],
      amendments: "/home/u/.codex/rules/default.rules",
    });
    expect(ruleFolders(config("trusted", "/p")).folders.at(-1)).toBe("/p/.codex/rules");
    const home = { ...config("trusted", "/p"), home: "/p/.codex" };
    expect(ruleFolders(home).folders).toEqual(["/etc/codex/rules", "/p/.codex/rules"]);
  });

  it("is the system alone where rules are ignored, though what is kept has its place", () => {
    expect(ruleFolders({ ...config("trusted"), rules: "ignored" })).toEqual({
      folders: ["/etc/codex/rules"],
      amendments: "/home/u/.codex/rules/default.rules",
    });
  });

  it.each(["untrusted", "unset"] as const)("is not a project that is %s", (trust) => {
    expect(ruleFolders(config(trust)).folders).toEqual(["/etc/codex/rules", "/home/u/.codex/rules"]);
  });

  it("is a trusted project's folder also in a session", async () => {
    await using untrusted = await liveSession({ approval: '"never"', sandbox: "workspace-write" });
    await untrusted.workspace.write(".codex/rules/a.rules", 'prefix_rule(pattern=["ls"], decision="forbidden")\n');
    expect((await untrusted.exec({ cmd: "ls" })).output).toContain("exited with code 0");
  });
});

describe("a rule book", () => {
  it("that cannot be read is an error with file and line, for every file", async () => {
    await using home = await temporaryFolder("codex-rules-");
    await home.write("rules/a.rules", 'prefix_rule(pattern=["a"], decision="allow")\nprefix_rule(pattern=[])\n');
    await home.write("rules/b.rules", "nonsense\n");
    const failure = bookOf(home);
    await expect(failure).rejects.toMatchObject({ code: "config_invalid" });
    await expect(failure).rejects.toThrow(/rules\/a\.rules:2:[\s\S]*rules\/b\.rules:1:/);
  });

  it("is written and followed at once, with the line it stands in", async () => {
    await using home = await temporaryFolder("codex-rules-");
    await home.write("rules/default.rules", "# mine");
    const book = await bookOf(home);
    expect(await book.allowPrefix(["git", "push"], signal)).toBeUndefined();
    expect(await book.allowPrefix(["git", "push"], signal)).toBeUndefined();
    expect(await home.read("rules/default.rules")).toBe(
      '# mine\nprefix_rule(pattern=["git", "push"], decision="allow")\n',
    );
    const [match] = book.policy.evaluate(["git", "push", "x"], { resolveHostExecutables: false });
    expect(match?.rule.position).toMatchObject({ file: path.join(home.path, "rules/default.rules"), line: 2 });
  });

  it("takes nothing else from the file that somebody wrote there meanwhile", async () => {
    await using home = await temporaryFolder("codex-rules-");
    const book = await bookOf(home);
    await home.write("rules/default.rules", 'prefix_rule(pattern=["curl"], decision="allow")\n');
    await book.allowPrefix(["git", "push"], signal);
    expect(book.policy.evaluate(["curl", "x"], { resolveHostExecutables: false })).toEqual([]);
  });

  it("refuses what would allow nearly anything", async () => {
    await using home = await temporaryFolder("codex-rules-");
    const book = await bookOf(home);
    expect(await book.allowPrefix(["bash", "-lc"], signal)).toContain("nearly anything");
    expect(book.policy.evaluate(["bash", "-lc", "x"], { resolveHostExecutables: false })).toEqual([]);
    expect(await home.read("rules/default.rules")).toBeUndefined();
  });

  it("holds for the session when it cannot be written, and says so", async () => {
    await using home = await temporaryFolder("codex-rules-");
    await mkdir(path.join(home.path, "rules/default.rules"), { recursive: true });
    const folders = { folders: [], amendments: path.join(home.path, "rules/default.rules") };
    const book = await loadRuleBook(folders, signal);
    expect(await book.allowPrefix(["git", "push"], signal)).toContain("could not be kept");
    expect(book.policy.evaluate(["git", "push"], { resolveHostExecutables: false })).toHaveLength(1);
  });
});
