import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rig, treeHash } from "./undo-rig.js";

const { signal } = new AbortController();
const undo = { direction: "undo", steps: 1 } as const;
const MIB = 1 << 20;

describe("a folder that holds more than is kept", () => {
  it("loses large files before small ones, wherever they lie, and none that still fits", async () => {
    await using here = await rig({ limits: { large_bytes: 5 * MIB } });
    here.sh("mkdir a z; truncate -s 3M a/first; truncate -s 4M a/second; truncate -s 2M z/third; echo x > z/source");
    await here.step("rm -r a z");
    const report = await here.snapshots.restore(undo, signal);
    expect(report.not_covered.map(({ path }) => path)).toEqual([join(here.root, "a/second")]);
    expect(readdirSync(join(here.root, "a"))).toEqual(["first"]);
    expect(readdirSync(join(here.root, "z"))).toEqual(["source", "third"]);
  });

  it("is not read on by later looks, but what changes is kept from then on", async () => {
    await using here = await rig({ limits: { new_bytes: 100 } });
    here.sh("head -c 90 /dev/zero > a; head -c 60 /dev/zero > b; head -c 50 /dev/zero > c");
    await here.step("echo 1 > d");
    const kept = () => treeHash(join(here.home, "snapshots/stores"));
    const before = kept();
    for (let looks = 0; looks < 3; looks += 1) await here.snapshots.steps(signal);
    expect(kept()).toBe(before);
    await here.step("echo changed > b");
    await here.step("rm b c");
    const report = await here.snapshots.restore(undo, signal);
    expect(report.not_covered.map(({ path }) => path)).toEqual([join(here.root, "c")]);
    expect(readFileSync(join(here.root, "b"), "utf8")).toBe("changed\n");
  });

  it("comes back byte for byte where it cannot be made smaller", async () => {
    await using here = await rig();
    const dense = randomBytes(200_000);
    writeFileSync(join(here.root, "dense"), dense);
    // dense only where it is judged
    const mixed = Buffer.concat([Buffer.alloc(100_000), randomBytes(8192), Buffer.alloc(100_000)]);
    writeFileSync(join(here.root, "mixed"), mixed);
    await here.step("rm dense mixed");
    await here.snapshots.restore(undo, signal);
    expect(readFileSync(join(here.root, "dense")).equals(dense)).toBe(true);
    expect(readFileSync(join(here.root, "mixed")).equals(mixed)).toBe(true);
  });

  it("is named once to whoever waits for it", async () => {
    await using here = await rig({ limits: { wait_ms: 0 } });
    here.sh("touch $(seq 5000)");
    await here.step("echo 1 > a");
    await here.step("echo 2 > a");
    expect(here.trouble).toEqual([
      "the folder is looked at for undo, which takes long; undo.enabled = false does without",
    ]);
  });
});
