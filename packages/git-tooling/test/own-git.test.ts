import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { turnId } from "@codex/protocol";
import type { Rig } from "./undo-rig.js";
import { onlyIn, rig, treeHash } from "./undo-rig.js";

const { signal } = new AbortController();
const undo = (steps = 1) => ({ direction: "undo", steps }) as const;
const redo = { direction: "redo", steps: 1 } as const;

/** A repository with everything that a day's work leaves: packs, loose objects, stash, reflog, hooks, a staged file. */
const REPOSITORY = `
git init -q -b main; git config user.name T; git config user.email t@example.invalid
mkdir src; for i in 1 2 3 4 5; do echo $i > src/$i; git add -A; git commit -qm "c $i"; done
git repack -qad; git branch topic/tmp-x; git tag -m annotated v1; git commit-graph write 2>/dev/null
echo loose > src/6; git add -A; git commit -qm six; echo stash > src/1; git stash -q; echo staged > s; echo more >> src/2; git add s src/2
git update-index --refresh; chmod 640 .git/config; printf '#!/bin/sh\\n' > .git/hooks/pre-push; chmod 751 .git/hooks/pre-push
chmod 700 .git/logs; git worktree add -q ../$(basename $PWD)-wt 2>/dev/null; true`;

const LOOK =
  "git fsck --strict 2>&1; git log --all --oneline; git status --porcelain; git stash list; git reflog; git worktree list --porcelain";

function git(here: Rig): string {
  return execFileSync("bash", ["-c", LOOK], { cwd: here.root, encoding: "utf8" });
}

const state = (here: Rig): string => treeHash(join(here.root, ".git"));

async function repository(more: Parameters<typeof rig>[0] = {}): Promise<Rig> {
  const here = await rig(more);
  here.sh(REPOSITORY);
  return here;
}

describe("a root's own .git", () => {
  it.each([
    "rm -rf .git",
    "rm -rf $PWD",
    "find . -delete",
    "find . -type f -delete",
    "rm -rf .git/*",
    "rm -rf .git; mkdir -p .git/empty/deeper",
    "mv .git old-git",
    "mv .git $HOME/elsewhere",
    "mkdir old; mv .git src s old",
    "git gc -q --prune=now; git stash drop -q; rm -rf .git",
    "git add -A; git commit -qam seven; rm -rf .git",
    "python3 -c \"import shutil; shutil.rmtree('.git')\"",
    "d=$PWD; cd /; mv $d $d.away; rm -rf $d.away",
  ])("comes back after: %s", async (script) => {
    await using here = await repository();
    const [files, before, told] = [treeHash(here.root, [".git"]), state(here), git(here)];
    const index = readFileSync(join(here.root, ".git/index"));
    await here.step(script);
    const gone = here.snapshots.preview(undo(), signal);
    expect((await gone).changes).toContainEqual({
      path: join(here.root, ".git"),
      change: "A",
      kind: "directory",
      bytes: 0,
    });
    await using later = here.again();
    const report = await later.restore(undo(), signal);
    expect(report).toMatchObject({ conflicts: [], not_covered: [] });
    expect(treeHash(here.root, [".git"])).toBe(files);
    expect(state(here)).toBe(before);
    expect(readFileSync(join(here.root, ".git/index"))).toEqual(index);
    expect(git(here)).toBe(told);
    expect(readdirSync(here.root).filter((name) => name.startsWith(".codex-undo"))).toEqual([]);
    // made again it stays, and that is said
    const again = await later.restore(redo, signal);
    expect(again.not_covered).toEqual([{ path: join(here.root, ".git"), reason: "stays: redo removes no repository" }]);
    expect(state(here)).not.toBe("");
    expect((await later.restore(undo(), signal)).not_covered).toEqual([]);
    expect(git(here)).toBe(told);
    expect(here.trouble).toEqual([]);
  });
});

const at = (here: Rig): string => join(here.root, ".git");
const storeOf = (here: Rig): string => onlyIn(join(here.home, "snapshots/stores"));
const forced = { ...undo(), force: true } as const;

describe("what stands in the place of a lost .git", () => {
  it.each([
    ["rm -rf .git; git init -q", "another repository"],
    ["rm -rf .git/objects", "what the step left of it"],
    ["rm -rf .git; echo a file > .git", "another repository"],
  ])("stays, unless it is forced, which puts it aside: %s", async (script, what) => {
    await using here = await repository();
    const [before, told] = [state(here), git(here)];
    await here.step(script);
    const left = treeHash(at(here));
    const reason = `${what} is in its place; force renames that to .git.before-undo`;
    const report = await here.snapshots.restore(undo(), signal);
    expect(report).toMatchObject({ changes: [], conflicts: [{ path: at(here), reason }] });
    expect(treeHash(at(here))).toBe(left);
    await here.snapshots.restore(redo, signal);
    const over = await here.snapshots.restore(forced, signal);
    expect(over.conflicts).toEqual([]);
    expect(over.changes.map(({ path }) => path)).toEqual([at(here), `${at(here)}.before-undo`]);
    expect(treeHash(`${at(here)}.before-undo`)).toBe(left);
    here.sh("rm -rf .git.before-undo");
    expect([state(here), git(here)]).toEqual([before, told]);
  });

  it("is left alone and not complained about when it came after the step", async () => {
    await using here = await repository();
    await here.step("rm -rf .git; echo gone > src/2");
    here.sh("git init -q");
    const mine = state(here);
    expect(await here.snapshots.restore(undo(), signal)).toMatchObject({ conflicts: [], not_covered: [] });
    expect(state(here)).toBe(mine);
  });

  it("does not destroy what is kept of the lost one, also over several steps and sessions", async () => {
    await using here = await repository();
    const [before, told] = [state(here), git(here)];
    await here.step("rm -rf .git");
    await here.step(
      "git init -q; git config user.name N; git config user.email n@e.invalid; git add -A; git commit -qm new",
    );
    await here.step("git commit -q --allow-empty -m newer; rm -rf .git");
    await here.snapshots[Symbol.asyncDispose]();
    await using later = here.again();
    await later.restore(undo(), signal);
    expect(git(here)).toContain(" new\n");
    here.sh("rm -rf .git");
    expect((await later.restore(undo(2), signal)).conflicts).toEqual([]);
    expect([state(here), git(here)]).toEqual([before, told]);
  });
});

describe("what is kept of a .git", () => {
  it("is the user's alone to read, links objects, and holds no byte of what is secret or passing", async () => {
    await using here = await rig();
    here.sh(
      `${REPOSITORY}; touch .git/index.lock .git/objects/pack/tmp_pack_1; mkfifo .git/pipe; echo hunter2 > .git/key`,
    );
    await using snapshots = here.again({ secrets: [join(at(here), "key")] });
    await snapshots.before({ turn_id: turnId("turn"), step: 1 }, signal);
    here.sh("cp -a .git $HOME/copy; rm -rf .git");
    await snapshots.after(signal);
    expect(
      execFileSync("find", [join(here.home, "snapshots"), "-maxdepth", "1", "-perm", "/077"], { encoding: "utf8" }),
    ).toBe("");
    expect(
      execFileSync("bash", ["-c", `grep -rac hunter2 ${here.home}/snapshots | grep -v ':0' || true`]).toString(),
    ).toBe("");
    const report = await snapshots.restore(undo(), signal);
    expect(report.conflicts).toEqual([{ path: join(at(here), "key"), reason: "secret" }]);
    here.sh("rm $HOME/copy/{index.lock,objects/pack/tmp_pack_1,pipe,key}");
    expect(treeHash(at(here))).toBe(treeHash(join(here.home, "copy")));
  });

  it("is no copy of objects while they stand, and is read again only where something changed", async () => {
    await using here = await repository();
    here.sh("head -c 3000000 /dev/urandom > big; git add big; git commit -qm big; rm big");
    await here.step("echo 1 > a");
    const pack = onlyIn(join(storeOf(here), "linked")).slice(0, -3);
    expect(Number(execFileSync("bash", ["-c", `find ${pack} -type f -links 1 | wc -l`]))).toBe(0);
    const kept = (): number => readdirSync(join(storeOf(here), "objects/pack")).length;
    const packs = kept();
    await here.step("touch .git/index; cat .git/HEAD");
    expect(kept()).toBe(packs);
  });

  it("is whole while git works in it", async () => {
    await using here = await repository();
    await here.step("true");
    const loop =
      "i=0; while :; do i=$((i+1)); echo $i > n; git add n; git commit -qm n$i; [ $((i % 7)) = 0 ] && git gc -q; done";
    const others = spawn("bash", ["-c", loop], { cwd: here.root, stdio: "ignore", detached: true });
    for (let looks = 0; looks < 12; looks += 1) {
      await here.snapshots.before({ turn_id: turnId("turn"), step: looks }, signal);
    }
    process.kill(-(others.pid ?? 0), "SIGKILL");
    await once(others, "close");
    here.sh("rm -rf .git; echo x > n");
    await here.snapshots.after(signal);
    expect(await here.snapshots.restore(undo(), signal)).toMatchObject({ conflicts: [] });
    expect(
      execFileSync("git", ["fsck", "--full", "--strict"], {
        cwd: here.root,
        stdio: ["ignore", "pipe", "pipe"],
      }).toString(),
    ).toBe("");
    expect(here.trouble).toEqual([]);
  });

  it("lacks objects that were overwritten where they lay, which is said, and has all others", async () => {
    await using here = await repository();
    const objects = execFileSync("bash", ["-c", "find .git/objects -type f | wc -l"], { cwd: here.root });
    await here.step(
      "chmod -R u+w .git; o=$(git rev-parse HEAD); printf x > .git/objects/${o:0:2}/${o:2}; touch .git/objects/pack/*; rm -rf .git",
    );
    const { conflicts } = await here.snapshots.restore(undo(), signal);
    const reason = "1 of its files were overwritten where they lay, and are lost";
    expect(conflicts).toEqual([{ path: at(here), reason }]);
    const now = execFileSync("bash", ["-c", "find .git/objects -type f | wc -l"], { cwd: here.root });
    expect(Number(now)).toBe(Number(objects) - 1);
  });

  it("is a copy on another file system, as long as it is small", async () => {
    const elsewhere = mkdtempSync("/dev/shm/codex-home-");
    try {
      await using here = await repository({ home: elsewhere });
      expect(statSync(elsewhere).dev).not.toBe(statSync(here.root).dev);
      const [before, told] = [state(here), git(here)];
      await here.step("rm -rf .git");
      await here.snapshots.restore(undo(), signal);
      expect([state(here), git(here)]).toEqual([before, told]);
      here.sh("head -c 70000000 /dev/urandom > big; git add big; git commit -qm big; rm big");
      await using later = here.again();
      await later.before({ turn_id: turnId("turn"), step: 9 }, signal);
      here.sh("rm -rf .git");
      await later.after(signal);
      const why = "deleted, and nothing of it was kept: more than 64 MiB of it cannot be linked into $CODEX_HOME";
      expect((await later.preview(undo(), signal)).not_covered).toEqual([{ path: at(here), reason: why }]);
      expect((await later.steps(signal)).at(-1)).toMatchObject({ deleted: 0, not_covered: [{ reason: why }] });
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });

  it("has git look at what changed in the moment of its index, not trust it", async () => {
    await using here = await rig();
    here.sh(`git init -q; git config core.trustctime false; echo old > f; touch -d 2020-01-01 f; git add f
echo new > f; touch -d 2020-01-01 f .git/index`);
    await here.step("rm -rf .git");
    await here.snapshots.restore(undo(), signal);
    expect(execFileSync("git", ["diff", "--name-only"], { cwd: here.root, encoding: "utf8" })).toBe("f\n");
  });

  it("is the file of a worktree too", async () => {
    await using here = await rig();
    here.sh(
      "git init -q $HOME/main; cd $HOME/main; git config user.name T; git config user.email t@e.invalid; git commit -q --allow-empty -m one; git worktree add -q --force $OLDPWD 2>/dev/null || { rmdir $OLDPWD; git worktree add -q $OLDPWD; }",
    );
    const before = treeHash(here.root);
    await here.step("rm .git; echo x > x");
    await here.snapshots.restore(undo(), signal);
    expect(treeHash(here.root)).toBe(before);
    expect(git(here)).toContain("one");
  });

  it("is not what git itself took out of it: a work tree below comes back without its entry, which is said", async () => {
    await using here = await rig();
    here.sh(`${REPOSITORY}; git worktree add -q tree -b tree; echo more > tree/n; git -C tree add n`);
    await here.step("git worktree remove --force tree");
    const report = await here.snapshots.restore(undo(), signal);
    const reason = `git knows this work tree no more: ${at(here)}/worktrees/tree is gone`;
    expect(report.not_covered).toEqual([{ path: join(here.root, "tree/.git"), reason }]);
    expect(readdirSync(join(here.root, "tree")).sort()).toEqual([".git", "n", "src"]);
  });
});
