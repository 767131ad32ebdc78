import { execFileSync } from "node:child_process";
import { readdirSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sessionId, turnId } from "@codex/protocol";
import { onlyIn, rig, SESSION, treeHash, type Rig } from "./undo-rig.js";

const { signal } = new AbortController();
const DAY = 86_400_000;
const MIB = 1 << 20;
const TURN = turnId("turn");
const RETENTION = { keep_days: 7, max_bytes: 4 * MIB };
const other = (last: number) => ({ session: sessionId(`0199f000-0000-7000-8000-00000000000${last}`) });
const later = (ms: number) => ({
  clock: { now: () => Date.now() + ms, monotonic: () => performance.now(), sleep: () => Promise.resolve() },
});

function bytes(here: Rig): number {
  return Number(execFileSync("du", ["-sb", storeOf(here)], { encoding: "utf8" }).split("\t")[0]);
}

function storeOf(here: Rig): string {
  return onlyIn(join(here.home, "snapshots/stores"));
}

function ask(here: Rig, script: string): string {
  return execFileSync("bash", ["-c", script], { cwd: here.root, encoding: "utf8" });
}

const journals = (here: Rig): readonly string[] => readdirSync(join(here.home, "snapshots/sessions"));

describe("what is kept", () => {
  it("is held down within one session: the oldest steps go, which is told once and counted, and the others work", async () => {
    await using here = await rig({ retention: RETENTION });
    here.sh("echo begin > small; head -c 400000 /dev/urandom > big");
    const states: string[] = [];
    for (let at = 0; at < 40; at += 1) {
      states.push(treeHash(here.root));
      await here.step(`head -c 400000 /dev/urandom > big; echo ${at} > small`);
      expect(bytes(here)).toBeLessThan(4.5 * MIB);
    }
    const steps = await here.snapshots.steps(signal);
    expect(here.snapshots.dropped).toBe(40 - steps.length);
    expect(steps.length).toBeGreaterThan(4);
    expect(here.trouble).toEqual(["undo forgets the oldest steps of this session: 4 MiB (undo.max_mb) are full"]);
    await using again = here.again();
    expect(await again.steps(signal)).toEqual(steps);
    expect(again.dropped).toBe(here.snapshots.dropped);
    await again.restore({ direction: "undo", steps: 99 }, signal);
    expect(treeHash(here.root)).toBe(states[40 - steps.length]);
  });

  it("has the last step also where that alone is too much, large files too", async () => {
    await using here = await rig({ retention: { keep_days: 7, max_bytes: MIB } });
    here.sh("head -c 9000000 /dev/urandom > large");
    for (let at = 0; at < 3; at += 1) {
      const before = treeHash(here.root);
      await here.step("head -c 9000000 /dev/urandom > large");
      await here.snapshots.restore({ direction: "undo", steps: 1 }, signal);
      expect(treeHash(here.root)).toBe(before);
      await here.snapshots.restore({ direction: "redo", steps: 1 }, signal);
    }
    expect(bytes(here)).toBeLessThan(28 * MIB);
  });

  it("loses sessions that were left before steps of this one", async () => {
    await using here = await rig({ retention: RETENTION });
    here.sh("echo a > a");
    await using first = await stepsOf(here, 2, 4);
    await first.done();
    const old = join(here.home, "snapshots/sessions", journals(here)[0] ?? "");
    utimesSync(old, Date.now() / 1000 - 3600, Date.now() / 1000 - 3600);
    for (const name of readdirSync(join(storeOf(here), "objects/pack"))) {
      utimesSync(join(storeOf(here), "objects/pack", name), Date.now() / 1000 - 3600, Date.now() / 1000 - 3600);
    }
    for (let at = 0; at < 4; at += 1) await here.step("head -c 600000 /dev/urandom > b");
    expect(journals(here)).toEqual([`${SESSION}.jsonl`]);
    expect([here.snapshots.dropped, here.trouble]).toEqual([0, []]);
  });

  it("is forgotten after keep_days, at the end of another session, once a day", async () => {
    await using here = await rig();
    here.sh("echo a > a");
    await here.step("head -c 300000 /dev/urandom > b");
    await here.step("rm b");
    await here.snapshots[Symbol.asyncDispose]();
    const end = async (ms: number): Promise<void> => {
      await using next = here.again({ ...later(ms), ...other(2) });
      await next.steps(signal);
    };
    await end(6 * DAY);
    expect(journals(here)).toHaveLength(1);
    await end(6.5 * DAY);
    rmSync(join(here.home, "snapshots/sessions"), { recursive: true });
    expect(bytes(here)).toBeGreaterThan(300_000);
    await end(8 * DAY);
    expect(bytes(here)).toBeLessThan(100_000);
  });
});

describe("what is kept of a .git", () => {
  const GIT = "git init -q; git config user.name T; git config user.email t@e.invalid";
  const COMMIT = "head -c 3000000 /dev/urandom > big; git add big; git commit -qm big; git rm -q --cached big; rm big";
  const links = (here: Rig): number => Number(ask(here, `find ${storeOf(here)}/linked -type f | wc -l`));

  it("counts once the repository is gone, and goes with the oldest steps", async () => {
    await using here = await rig({ retention: RETENTION });
    here.sh(`${GIT}; ${COMMIT}; ${COMMIT}`);
    await here.step("echo 1 > a");
    await here.step("echo 2 > a");
    expect(here.snapshots.dropped).toBe(0);
    await here.step("rm -rf .git");
    expect([links(here), here.snapshots.dropped]).toEqual([6, 2]);
    expect((await here.snapshots.preview({ direction: "undo", steps: 1 }, signal)).changes).toHaveLength(1);
    await here.step("head -c 600000 /dev/urandom > a");
    expect(links(here)).toBe(0);
    expect(here.trouble).toEqual(["undo forgets the oldest steps of this session: 4 MiB (undo.max_mb) are full"]);
  });

  it("goes after keep_days with the repository that is gone", async () => {
    await using here = await rig();
    here.sh(`${GIT}; ${COMMIT}`);
    await here.step("rm -rf .git");
    await here.snapshots[Symbol.asyncDispose]();
    expect(links(here)).toBe(3);
    rmSync(join(here.home, "snapshots/pruned"));
    await using next = here.again({ ...later(8 * DAY), ...other(2) });
    await next.steps(signal);
    await next[Symbol.asyncDispose]();
    expect(links(here)).toBe(0);
  });

  it("loses what git itself has cleared away", async () => {
    await using here = await rig();
    here.sh(`${GIT}; ${COMMIT}`);
    await here.step("echo 1 > a");
    const first = links(here);
    here.sh("git gc -q --prune=now");
    await here.step("echo 2 > a");
    expect(links(here)).toBeGreaterThan(first);
    await here.snapshots[Symbol.asyncDispose]();
    const end = async (ms: number): Promise<void> => {
      await using next = here.again({ ...later(ms), ...other(2) });
      await next.before({ turn_id: TURN, step: 1 }, signal);
    };
    rmSync(join(here.home, "snapshots/pruned"));
    await end(2 * DAY);
    expect(links(here)).toBe(Number(ask(here, "find .git/objects -type f ! -name packs | wc -l")));
  });
});

async function stepsOf(here: Rig, session: number, count: number) {
  const snapshots = here.again(other(session));
  for (let step = 1; step <= count; step += 1) {
    await snapshots.before({ turn_id: TURN, step }, signal);
    here.sh("head -c 700000 /dev/urandom > a");
    await snapshots.after(signal);
  }
  return {
    done: () => snapshots[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: () => snapshots[Symbol.asyncDispose](),
  };
}
