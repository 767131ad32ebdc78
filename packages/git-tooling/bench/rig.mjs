import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSnapshots } from "../dist/index.js";

/** An empty folder, and snapshots of it in a home of its own. */
export function benchRig() {
  const base = mkdtempSync(join(tmpdir(), "codex-undo-bench-"));
  const root = join(base, "project");
  mkdirSync(root);
  const snapshots = createSnapshots({
    home: join(base, "home"),
    session: "0199f000-0000-7000-8000-000000000001",
    roots: [root],
    secrets: [],
    retention: { keep_days: 7, max_bytes: 1 << 30 },
    clock: { now: () => Date.now(), monotonic: () => performance.now(), sleep: () => Promise.resolve() },
    newId: () => String(process.hrtime.bigint()),
    onTrouble: (message) => console.error(message),
  });
  const end = async () => {
    await snapshots[Symbol.asyncDispose]();
    rmSync(base, { recursive: true });
  };
  return { base, root, snapshots, signal: new AbortController().signal, end };
}

/** Prints how long the work took, and how much of it the processor. */
export async function measure(what, work) {
  const started = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const used = process.cpuUsage(cpu);
  const wall = (performance.now() - started).toFixed(0);
  console.log(`${what} ${wall} ms, processor ${((used.user + used.system) / 1000).toFixed(0)} ms`);
}
