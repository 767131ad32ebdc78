/**
 * What a step costs in a folder of 100,000 files in 5,000 folders: node packages/git-tooling/bench/steps.mjs (after
 * `pnpm build`). Prints the first look, then what `before` costs a step, with one file changed between.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { benchRig, measure } from "./rig.mjs";

const { root, snapshots, signal, end } = benchRig();
for (let folder = 0; folder < 5000; folder += 1) {
  const path = join(root, `p${Math.floor(folder / 100)}`, `d${folder % 100}`);
  mkdirSync(path, { recursive: true });
  for (let file = 0; file < 20; file += 1)
    writeFileSync(join(path, `f${file}.ts`), `export const v = ${folder * file};\n`);
}
for (let step = 0; step < 12; step += 1) {
  await measure(step === 0 ? "first" : "step ", () => snapshots.before({ turn_id: "bench", step }, signal));
  writeFileSync(join(root, "p3", "d3", "f3.ts"), `step ${step}\n`);
  await snapshots.after(signal);
}
await end();
