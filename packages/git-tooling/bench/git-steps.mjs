/**
 * What keeping a repository's own folder adds to a step where it has 20,000 loose objects: node
 * packages/git-tooling/bench/git-steps.mjs (after `pnpm build`). Prints the first look, steps in which git did nothing,
 * steps with a commit between, and the undo of `rm -rf .git`.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { benchRig, measure } from "./rig.mjs";

const { base, root, snapshots, signal, end } = benchRig();
const sh = (script, input) =>
  execFileSync("bash", ["-c", script], { cwd: root, input, stdio: ["pipe", "pipe", "inherit"] });
sh("git init -q; git config user.name B; git config user.email b@example.invalid; git config gc.auto 0");
mkdirSync(join(base, "blobs"));
const names = Array.from({ length: 20_000 }, (_, at) => join(base, "blobs", String(at)));
for (const name of names) writeFileSync(name, `${name}\n`);
sh("git hash-object -w --stdin-paths", `${names.join("\n")}\n`);
sh("echo a > a; git add a; git commit -qm a");
const scripts = [
  "true",
  "true",
  "true",
  "true",
  ...Array.from({ length: 4 }, (_, at) => `echo ${at} > a; git commit -qam ${at}`),
];
for (const [step, script] of [...scripts, "rm -rf .git"].entries()) {
  const what = step === 0 ? "first " : step < 5 ? "idle  " : "commit";
  await measure(what, () => snapshots.before({ turn_id: "bench", step }, signal));
  sh(script);
  if (script === "true") writeFileSync(join(root, "b"), `${step}`);
  await measure("  after", () => snapshots.after(signal));
}
await measure("undo  ", () => snapshots.restore({ direction: "undo", steps: 1 }, signal));
console.log(String(sh("git fsck 2>&1 | grep -v dangling; git log --oneline | wc -l")).trim());
await end();
