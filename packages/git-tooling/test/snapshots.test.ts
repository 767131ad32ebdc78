import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { turnId } from "@codex/protocol";
import { temporaryFolder } from "@codex/test-support";
import { fileIn, onlyIn, rig, treeHash } from "./undo-rig.js";

const { signal } = new AbortController();
const undo = (steps = 1) => ({ direction: "undo", steps }) as const;
const forced = { direction: "undo", steps: 1, force: true } as const;
const redo = (steps = 1) => ({ direction: "redo", steps }) as const;

const PROJECT = `mkdir -p src/deep empty && echo one > a.txt && echo two > src/b.txt && echo three > src/deep/c.txt
printf 'a\\r\\nb\\r\\n' > crlf.txt && ln -s a.txt link && ln a.txt hard && chmod 640 src/b.txt && head -c 300000 /dev/urandom > big.bin`;

describe("a step", () => {
  it("is taken back and made again, whatever kind of thing it changed", async () => {
    await using here = await rig();
    here.sh(`${PROJECT}; printf x > $'caf\\xe9'; mkfifo pipe`);
    const before = treeHash(here.root);
    await here.step(
      "rm -rf src empty $'caf\\xe9'; echo new > n; mkdir -p new/dir; rm link; ln -s / link; chmod 600 a.txt; mv crlf.txt x; rm hard; echo h > hard; truncate -s 5 big.bin",
    );
    const after = treeHash(here.root);
    expect(after).not.toBe(before);
    const report = await here.snapshots.restore(undo(), signal);
    expect(report.conflicts).toEqual([]);
    expect(treeHash(here.root)).toBe(before);
    expect((await here.snapshots.restore(redo(), signal)).conflicts).toEqual([]);
    expect(treeHash(here.root)).toBe(after);
    expect(here.trouble).toEqual([]);
  });

  it("that changed nothing is no step and keeps no byte", async () => {
    await using here = await rig();
    here.sh(PROJECT);
    await here.step("echo more >> a.txt");
    const kept = treeHash(here.home);
    await here.step("touch a.txt; cat src/b.txt; mv link t; mv t link");
    await here.step("mkdir -m 1555 .codex");
    expect(treeHash(here.home)).toBe(kept);
    await here.snapshots.restore(undo(), signal);
    expect((await here.snapshots.steps(signal)).map(({ state }) => state)).toEqual(["undone"]);
  });

  it("is looked at while others make and remove what lies there, and undo stays on", async () => {
    await using here = await rig();
    here.sh(PROJECT);
    await here.step("echo more >> a.txt");
    const churn =
      "while :; do mkdir -m 1555 .codex build; rmdir .codex build; ln -s x l; rm l; mkdir d; : > d/f; rm -r d; done";
    const others = spawn("bash", ["-c", churn], { cwd: here.root, stdio: "ignore" });
    try {
      for (let looks = 0; looks < 3000; looks += 1) await here.snapshots.steps(signal);
    } finally {
      others.kill("SIGKILL");
    }
    expect(await once(others, "close")).toEqual([null, "SIGKILL"]);
    expect(here.trouble).toEqual([]);
  });

  it("whose end could not be seen is none: undo would take along what came later", async () => {
    await using here = await rig({ limits: { files: 9 } });
    here.sh(PROJECT);
    await here.step("echo more >> a.txt");
    await here.step("touch $(seq 20)");
    expect(here.trouble).toEqual(["undo is off for this session: the folder holds more than 9 files"]);
    here.sh("rm $(seq 20); echo mine > src/b.txt");
    const later = here.again();
    expect(await later.steps(signal)).toMatchObject([{ modified: 2, added: 0 }]);
    await later.restore(undo(), signal);
    expect(readFileSync(join(here.root, "src/b.txt"), "utf8")).toBe("mine\n");
  });

  it("that changed nothing leaves no journal of a session that changed nothing else", async () => {
    await using here = await rig();
    here.sh(PROJECT);
    await here.step("touch a.txt");
    expect(readdirSync(join(here.home, "snapshots/sessions"))).toEqual([]);
    expect(await here.snapshots.steps(signal)).toEqual([]);
    await expect(here.snapshots.restore(undo(), signal)).rejects.toThrow("there is no step to undo");
  });

  it("is previewed by path, kind and size, and the preview changes nothing", async () => {
    await using here = await rig();
    here.sh(PROJECT);
    await here.step("rm src/b.txt; echo longer > a.txt; mkdir made");
    const before = treeHash(here.root);
    const { changes, steps } = await here.snapshots.preview(undo(), signal);
    expect(changes).toEqual([
      { path: join(here.root, "a.txt"), change: "M", kind: "file", bytes: 4 },
      { path: join(here.root, "hard"), change: "M", kind: "file", bytes: 4 },
      { path: join(here.root, "made"), change: "D", kind: "directory", bytes: 0 },
      { path: join(here.root, "src/b.txt"), change: "A", kind: "file", bytes: 4 },
    ]);
    expect(steps).toMatchObject([{ added: 1, modified: 2, deleted: 1, state: "done" }]);
    expect(treeHash(here.root)).toBe(before);
  });

  it("leaves what was changed since, says so, and overwrites it only when forced", async () => {
    await using here = await rig();
    here.sh(PROJECT);
    await here.step("echo model > src/b.txt; echo model > src/deep/c.txt; rm crlf.txt; echo made > fresh");
    here.sh("echo mine > src/b.txt; echo mine > crlf.txt; rm fresh; echo beside > src/other");
    const report = await here.snapshots.restore(undo(), signal);
    expect(report.conflicts).toEqual([
      { path: join(here.root, "crlf.txt"), reason: "made again since" },
      { path: join(here.root, "src/b.txt"), reason: "changed since" },
    ]);
    expect([fileIn(here.root, "src/b.txt"), fileIn(here.root, "src/deep/c.txt")]).toEqual(["mine\n", "three\n"]);
    await here.snapshots.restore(redo(), signal);
    const over = await here.snapshots.restore(forced, signal);
    expect(over.conflicts).toEqual([]);
    expect([fileIn(here.root, "src/b.txt"), fileIn(here.root, "crlf.txt")]).toEqual(["two\n", "a\r\nb\r\n"]);
    expect(fileIn(here.root, "src/other")).toBe("beside\n");
  });

  it("is one of many: several are taken back together, and made again from the oldest on", async () => {
    await using here = await rig();
    here.sh(PROJECT);
    const states = [treeHash(here.root)];
    for (const script of ["echo 1 > a.txt", "rm -r src", "mkdir src; echo 3 > src/b.txt", "mv a.txt src/"]) {
      await here.step(script);
      states.push(treeHash(here.root));
    }
    await here.snapshots.restore(undo(3), signal);
    expect(treeHash(here.root)).toBe(states[1]);
    await here.snapshots.restore(redo(1), signal);
    expect(treeHash(here.root)).toBe(states[2]);
    await here.snapshots.restore(undo(9), signal);
    expect(treeHash(here.root)).toBe(states[0]);
    await here.snapshots.restore(redo(9), signal);
    expect(treeHash(here.root)).toBe(states[4]);
  });
});

describe("between programs", () => {
  it("another one undoes and redoes what the first one did, also when that died within a step", async () => {
    await using here = await rig();
    here.sh(PROJECT);
    const before = treeHash(here.root);
    await here.step("rm -rf src");
    await here.step("echo 2 > a.txt");
    const after = treeHash(here.root);
    await using other = here.again();
    expect(await other.steps(signal)).toHaveLength(2);
    await other.restore(undo(2), signal);
    expect(treeHash(here.root)).toBe(before);
    await using third = here.again();
    expect((await third.steps(signal)).map(({ state }) => state)).toEqual(["undone", "undone"]);
    await third.restore(redo(2), signal);
    expect(treeHash(here.root)).toBe(after);
    await third.before({ turn_id: turnId("later"), step: 9 }, signal);
    here.sh("rm -rf src a.txt big.bin");
    await using fourth = here.again();
    await fourth.restore(undo(1), signal);
    expect(treeHash(here.root)).toBe(after);
  });

  it("the folders of a step are its own, whatever is covered later", async () => {
    await using here = await rig();
    here.sh(PROJECT);
    const before = treeHash(here.root);
    const inner = here.again({ roots: [join(here.root, "src")] });
    await inner.before({ turn_id: turnId("turn"), step: 1 }, signal);
    here.sh("rm -rf src/*; echo made > src/n");
    await inner.after(signal);
    await using later = here.again();
    expect(await later.steps(signal)).toMatchObject([{ added: 1 }]);
    expect(await later.restore(undo(), signal)).toMatchObject({ conflicts: [] });
    expect(treeHash(here.root)).toBe(before);
  });

  it("plain git reads what is kept", async () => {
    await using here = await rig();
    here.sh(PROJECT);
    await here.step("rm -rf src");
    const stores = join(here.home, "snapshots", "stores");
    const store = onlyIn(stores);
    const journal = readFileSync(onlyIn(join(here.home, "snapshots", "sessions")), "utf8");
    const tree = /"tree":\{"mode":\d+,"id":"(\w+)"/.exec(journal)?.[1] ?? "";
    const git = (...args: string[]) => execFileSync("git", ["--git-dir", store, ...args], { encoding: "utf8" });
    expect(git("ls-tree", "-r", "--name-only", tree).split("\n")).toContain("src/deep/c.txt");
    expect(git("cat-file", "-p", `${tree}:src/deep/c.txt`)).toBe("three\n");
    expect(
      git(
        "verify-pack",
        ...readdirSync(join(store, "objects/pack"))
          .filter((name) => name.endsWith(".idx"))
          .map((name) => join(store, "objects/pack", name)),
      ),
    ).toBe("");
  });
});

describe("what must not happen", () => {
  it("nothing is written through a symlink that stands in a folder's place since", async () => {
    await using here = await rig();
    await using outside = await temporaryFolder("codex-outside-");
    await outside.write("b.txt", "outside\n");
    here.sh(PROJECT);
    await here.step("echo model > src/b.txt; rm -r src/deep");
    here.sh("mv src kept");
    symlinkSync(outside.path, join(here.root, "src"));
    const report = await here.snapshots.restore(forced, signal);
    expect(readdirSync(outside.path)).toEqual(["b.txt"]);
    expect(await outside.read("b.txt")).toBe("outside\n");
    expect(report.conflicts.length).toBeGreaterThan(0);
  });

  it("a folder that the step replaced by a symlink comes back, and the symlink's aim stays", async () => {
    await using here = await rig();
    await using outside = await temporaryFolder("codex-outside-");
    await outside.write("b.txt", "outside\n");
    here.sh(PROJECT);
    const before = treeHash(here.root);
    await here.step(`rm -rf src && ln -s ${outside.path} src`);
    await here.snapshots.restore(undo(), signal);
    expect(treeHash(here.root)).toBe(before);
    expect(await outside.read("b.txt")).toBe("outside\n");
  });

  it("secrets are never read into the store, and large or rebuilt things are named as not covered", async () => {
    await using project = await temporaryFolder("codex-undo-");
    await using here = await rig({
      roots: [project.path],
      secrets: [join(project.path, "secret")],
      limits: { file_bytes: 1000, rebuilt_files: 3 },
    });
    const sh = (script: string): void => here.sh(`cd ${project.path} && ${script}`);
    sh(
      "mkdir secret node_modules; echo hunter2 > secret/key; head -c 5000 /dev/urandom > large; touch node_modules/{1,2,3,4,5}; echo a > a",
    );
    await here.step(`cd ${project.path} && rm -rf secret large node_modules a`);
    const report = await here.snapshots.restore(undo(), signal);
    const at = (name: string): string => join(project.path, name);
    expect(report.changes.map(({ path }) => path)).toEqual([at("a")]);
    expect(report.not_covered.map(({ path }) => path)).toEqual([at("large"), at("node_modules"), at("secret")]);
    const grep = execFileSync("bash", ["-c", `grep -rac hunter2 ${here.home} | grep -v ':0' || true`], {
      encoding: "utf8",
    });
    expect(grep).toBe("");
  });

  it("more files than the limit turn undo off with one sentence, and no step fails", async () => {
    await using here = await rig({ limits: { files: 3 } });
    here.sh("touch 1 2 3 4 5");
    await here.step("rm 1");
    await here.step("rm 2");
    expect(here.trouble).toEqual(["undo is off for this session: the folder holds more than 3 files"]);
    await expect(here.snapshots.preview(undo(), signal)).rejects.toThrow("undo is off");
  });

  it("an undo that was cut short goes on when it is asked for again", async () => {
    await using here = await rig();
    here.sh("mkdir d; for i in $(seq 40); do echo $i > d/$i; done");
    const before = treeHash(here.root);
    await here.step("rm -rf d");
    const { signal: never } = new AbortController();
    const cut = new AbortController();
    const working = here.snapshots.restore(undo(), cut.signal);
    cut.abort(new Error("cut"));
    await expect(working).rejects.toThrow("cut");
    here.sh("mkdir -p d; echo 1 > d/1; echo 2 > d/2; echo junk > d/.codex-undo-000000000001");
    const report = await here.snapshots.restore(undo(), never);
    expect(report.conflicts).toEqual([]);
    expect(treeHash(here.root)).toBe(before);
    expect(existsSync(join(here.root, "d/.codex-undo-000000000001"))).toBe(false);
  });

  it("a damaged store restores nothing wrong", async () => {
    await using here = await rig();
    here.sh(PROJECT);
    await here.step("rm -rf src");
    const stores = join(here.home, "snapshots", "stores");
    const packs = join(onlyIn(stores), "objects/pack");
    for (const name of readdirSync(packs)) {
      if (!name.endsWith(".pack")) continue;
      const data = readFileSync(join(packs, name));
      writeFileSync(join(packs, name), Buffer.concat([data.subarray(0, 40), Buffer.alloc(data.length - 40)]));
    }
    await expect(here.snapshots.restore(undo(), signal)).rejects.toThrow();
    expect(existsSync(join(here.root, "src"))).toBe(false);
  });
});
