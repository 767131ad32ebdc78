/**
 * What a step costs in a folder of 100,000 files in 5,000 folders: node packages/git-tooling/bench/steps.mjs (after
 * `pnpm build`). Prints the first look, then what `before` costs a step, with one file changed between.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSnapshots } from "../dist/index.js";

const base = mkdtempSync(join(tmpdir(), "codex-undo-bench-"));
const root = join(base, "project");
for (let folder = 0; folder < 5000; folder += 1) {
  const path = join(root, `p${Math.floor(folder / 100)}`, `d${folder % 100}`);
  mkdirSync(path, { recursive: true });
  for (let file = 0; file < 20; file += 1)
    writeFileSync(join(path, `f${file}.ts`), `export const v = ${folder * file};\n`);
}
const { signal } = new AbortController();
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
for (let step = 0; step < 12; step += 1) {
  const started = performance.now();
  const cpu = process.cpuUsage();
  await snapshots.before({ turn_id: "bench", step }, signal);
  const used = process.cpuUsage(cpu);
  const wall = (performance.now() - started).toFixed(0);
  console.log(
    `${step === 0 ? "first" : "step "} ${wall} ms, processor ${((used.user + used.system) / 1000).toFixed(0)} ms`,
  );
  writeFileSync(join(root, "p3", "d3", "f3.ts"), `step ${step}\n`);
  await snapshots.after(signal);
}
await snapshots[Symbol.asyncDispose]();
rmSync(base, { recursive: true });
