import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Reply } from "@codex/test-support";
import { ev, mockProviderConfig, startResponsesServer, temporaryHome, workspace } from "@codex/test-support";
import { codex, type Ran } from "./codex.js";
import { KILLER } from "./killer.js";

const AUTHOR = {
  GIT_AUTHOR_NAME: "T",
  GIT_AUTHOR_EMAIL: "t@example.com",
  GIT_COMMITTER_NAME: "T",
  GIT_COMMITTER_EMAIL: "t@example.com",
};

/** Never reached, if it ends as it should. */
const MOST = 60;

type Script = Extract<Reply, readonly unknown[]>;

type Rig = AsyncDisposable & {
  run(...args: readonly string[]): Promise<Ran>;
  /** The same, until it is killed at a change of something whose path matches. */
  killed(at: number, inside: string, ...args: readonly string[]): Promise<Ran>;
  session(...scripts: readonly string[]): Promise<void>;
  sh(script: string): string;
  files(): string;
  /** The repository itself, but for times. */
  git(): string;
};

async function rig(): Promise<Rig> {
  const server = await startResponsesServer();
  let script: Script[] = [];
  // whoever is killed may ask for none of it
  let asked = 0;
  const touch: Script = [ev.call("only", "exec_command", { cmd: "touch a.txt" }), ev.completed()];
  const done: Script = [ev.message("done"), ev.completed()];
  const events = (): Script => script.shift() ?? ((asked += 1) % 2 === 1 ? touch : done);
  server.route("POST /v1/responses", { type: "decided", decide: events });
  const home = await temporaryHome({ config: mockProviderConfig(server.url) });
  const project = await workspace({ git: true, files: { "a.txt": "old\n", "src/x.js": "x\n", "src/in/y.js": "y\n" } });
  const env = { CODEX_HOME: home.path };
  await home.write("killer.mjs", KILLER);
  const NODE_OPTIONS = `--import=${path.join(home.path, "killer.mjs")}`;
  const run = (args: readonly string[], more = {}) => codex(args, { cwd: project.path, env: { ...env, ...more } });
  const sh = (script: string): string =>
    execFileSync("bash", ["-c", script], {
      cwd: project.path,
      env: { ...process.env, ...env, ...AUTHOR },
      encoding: "utf8",
    });
  return {
    run: (...args) => run(args),
    killed: (at, inside, ...args) => run(args, { NODE_OPTIONS, KILL_AT: `${at}`, KILL_IN: inside }),
    git: () =>
      sh("cd .git && find . -printf '%p %m %l\n' | sort; find . -type f -exec md5sum {} + | sort; git fsck 2>&1"),
    async session(...scripts) {
      const steps = scripts.map((script, at) => {
        const file = path.join(home.path, `script-${at}`);
        writeFileSync(file, script);
        return [ev.call(`call_${at}`, "exec_command", { cmd: `bash ${file}` }), ev.completed()];
      });
      script = [...steps, done];
      expect(await run(["exec", "-s", "danger-full-access", "go"])).toMatchObject({ code: 0 });
    },
    sh,
    files: () => sh("find . -path ./.git -prune -o -printf '%p %m %l ' -type f -exec md5sum {} + | sort"),
    async [Symbol.asyncDispose]() {
      for (const each of [server, home, project]) await each[Symbol.asyncDispose]();
    },
  };
}

describe("killed at every change that it makes", () => {
  it("an undo is asked for again, and a redo too", { timeout: 240_000 }, async () => {
    await using here = await rig();
    const before = here.files();
    await here.session("rm -rf src; sed -i s/old/new/ a.txt; mkdir made; echo made > made/b; ln -s b made/l");
    const after = here.files();
    let at = 0;
    for (let ran = await here.killed(at, "/proc/self/fd|snapshots", "undo"); ran.code !== 0; at += 1) {
      expect(ran.code).toBe("SIGKILL");
      const again = await here.run("undo");
      if (again.code !== 0) expect(again.stderr).toMatch(/^error: there is no step to undo: .* undone already\n$/);
      expect(here.files()).toBe(before);
      expect(await here.run("redo")).toMatchObject({ code: 0 });
      expect(here.files()).toBe(after);
      expect(at).toBeLessThan(MOST);
      ran = await here.killed(at + 1, "/proc/self/fd|snapshots", "undo");
    }
    expect(at).toBeGreaterThan(8);
    expect(here.files()).toBe(before);
  });

  it("an undo that brings .git back is asked for again", { timeout: 240_000 }, async () => {
    await using here = await rig();
    const [before, git] = [here.files(), here.git()];
    let [at, killed] = [1, 0];
    for (; ; at += 1 + Math.floor(at / 2)) {
      await here.session("rm -rf .git src");
      const ran = await here.killed(at, "/proc/self/fd|snapshots", "undo");
      if (ran.code === 0) break;
      expect(ran.code).toBe("SIGKILL");
      killed += 1;
      const again = await here.run("undo");
      if (again.code !== 0) expect(again.stderr).toMatch(/^error: there is no step to undo: .* undone already\n$/);
      expect([here.files(), here.git()]).toEqual([before, git]);
      expect(here.sh("ls -A").trim().split("\n")).toEqual([".git", "a.txt", "src"]);
    }
    expect(killed).toBeGreaterThan(8);
    expect([here.files(), here.git()]).toEqual([before, git]);
  });

  it("a look at .git leaves what is kept good for the next session", { timeout: 240_000 }, async () => {
    let killed = 0;
    for (let at = 0; ; at += 1 + Math.floor(at / 2)) {
      await using here = await rig();
      here.sh("for i in 1 2 3; do git commit -q --allow-empty -m $i; done");
      if ((await here.killed(at, "snapshots/stores", "exec", "-s", "danger-full-access", "go")).code !== "SIGKILL")
        break;
      killed += 1;
      here.sh("git commit -q --allow-empty -m later; git gc -q; git commit -q --allow-empty -m last");
      const git = here.git();
      await here.session("rm -rf .git");
      expect(await here.run("undo", "--files-only")).toMatchObject({ code: 0 });
      expect(here.git()).toBe(git);
    }
    expect(killed).toBeGreaterThan(8);
  });

  it("clearing away loses nothing that is needed, and leaves nothing behind", { timeout: 240_000 }, async () => {
    await using here = await rig();
    const before = here.files();
    await here.session("rm -rf src", "head -c 300000 /dev/urandom > big", "echo 1 > a.txt");
    const after = here.files();
    const spoil =
      "rm -f $CODEX_HOME/snapshots/pruned; find $CODEX_HOME/snapshots/stores -exec touch -hd '2 days ago' {} +";
    let at = 0;
    for (;;) {
      here.sh(spoil);
      const ran = await here.killed(at, "snapshots/(stores|pruned)", "undo", "--list");
      if (ran.code === 0) break;
      expect(ran.code).toBe("SIGKILL");
      expect(await here.run("undo", "--steps", "3")).toMatchObject({ code: 0 });
      expect(here.files()).toBe(before);
      expect(await here.run("redo", "--steps", "3")).toMatchObject({ code: 0 });
      expect(here.files()).toBe(after);
      expect((at += 1)).toBeLessThan(MOST);
    }
    expect(at).toBeGreaterThan(3);
    here.sh(spoil);
    await here.run("undo", "--list");
    const packs = here.sh("cd $CODEX_HOME/snapshots/stores/* && find . -name '*.new' -o -name '*.pack'").trim();
    expect(packs.split("\n")).toHaveLength(1);
  });
});
