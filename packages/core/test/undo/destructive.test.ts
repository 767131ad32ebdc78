import { appendFileSync, cpSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "@codex/test-support";
import type { TemporaryFolder } from "@codex/test-support";
import { ARM, DESTRUCTIVE, DESTRUCTIVE_OF_HISTORY, MAKE_PROJECT } from "./destructive-commands.js";
import type { OpenSession, UndoRig } from "./session-rig.js";
import { treeOf, undoRig } from "./session-rig.js";

/** Where to write what each command took; for people. */
const TABLE = process.env["CODEX_UNDO_TABLE"];

let rig: UndoRig;
let open: OpenSession;
let master: TemporaryFolder;

beforeAll(async () => {
  rig = await undoRig();
  master = await temporaryFolder("codex-master-");
  rig.sh(MAKE_PROJECT);
  cpSync(join(rig.root, ".git"), join(master.path, "git"), { recursive: true, verbatimSymlinks: true });
  open = await rig.open();
});

afterAll(async () => {
  await open[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
  await master[Symbol.asyncDispose]();
});

/** The files that are covered, and the repository's own state. */
const files = (): string => treeOf(rig.root, [".git"]);
const repository = (): string => treeOf(join(rig.root, ".git"), ["arm.sh", "mark"]);

describe("a step of a real session that destroys, taken back", () => {
  it.each(DESTRUCTIVE.map((script) => [script]))("%s", async (script) => {
    const before = files();
    await open.turn(script);
    const after = files();
    expect(after).not.toBe(before);
    rig.sh(ARM);
    const git = repository();
    const started = performance.now();
    const undone = await open.undo({ scope: "files" });
    const undo_ms = performance.now() - started;
    expect(undone).toMatchObject({ success: true, report: { conflicts: [], not_covered: [] } });
    expect(files()).toBe(before);
    // HEAD, index, stash, refs and settings are as the command left them, and nothing that was armed has run
    expect(repository()).toBe(git);
    expect(existsSync(join(rig.root, ".git", "mark"))).toBe(false);
    const redone = await open.redo({ scope: "files" });
    expect(redone).toMatchObject({ success: true, report: { conflicts: [] } });
    expect(files()).toBe(after);
    expect(repository()).toBe(git);
    await open.undo({ scope: "files" });
    expect(files()).toBe(before);
    note(script, undo_ms, undone.report?.changes.length ?? 0);
    resetRepository();
  });
});

// a look is no reason to write
const LOOK = `export GIT_OPTIONAL_LOCKS=0
git fsck --full 2>&1; git log --all --oneline; git reflog; git stash list; git status --porcelain 2>/dev/null; true`;
const STASH =
  'git update-ref --create-reflog -m kept refs/stash "$(git commit-tree HEAD^{tree} -p HEAD -p HEAD~1 -m kept)"';

describe("a step of a real session that takes the history along, taken back", () => {
  it.each(DESTRUCTIVE_OF_HISTORY.map((script) => [script]))("%s", async (script) => {
    if (rig.sh("git stash list") === "") rig.sh(STASH);
    // attributes have changed since files were added: git is to compare contents before as it does after
    rig.sh("touch -d @1 .git/index");
    const told = rig.sh(LOOK);
    const [before, git] = [files(), repository()];
    const index = readFileSync(join(rig.root, ".git", "index"));
    await open.turn(script);
    expect(existsSync(join(rig.root, ".git", "HEAD"))).toBe(false);
    const started = performance.now();
    const undone = await open.undo({ scope: "files" });
    const undo_ms = performance.now() - started;
    expect(undone).toMatchObject({ success: true, report: { conflicts: [], not_covered: [] } });
    expect([files(), repository()]).toEqual([before, git]);
    expect(readFileSync(join(rig.root, ".git", "index"))).toEqual(index);
    expect(rig.sh(LOOK)).toBe(told);
    note(script, undo_ms, undone.report?.changes.length ?? 0);
  });
});

function note(script: string, undo_ms: number, paths: number): void {
  if (TABLE === undefined) return;
  appendFileSync(
    TABLE,
    `| \`${script.replaceAll("|", "\\|").replaceAll("\n", "\\n")}\` | ${paths} | ${undo_ms.toFixed(0)} |\n`,
  );
}

/** Each command begins with the same repository; its files are there already. */
function resetRepository(): void {
  const source = join(master.path, "git");
  rmSync(join(rig.root, ".git"), { recursive: true });
  cpSync(source, join(rig.root, ".git"), { recursive: true, verbatimSymlinks: true });
  expect(readFileSync(join(rig.root, ".git", "HEAD"), "utf8")).toBe("ref: refs/heads/main\n");
}
