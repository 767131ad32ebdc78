/**
 * What keeping a repository's own folder adds to a step where it has 20,000 loose objects: node
 * packages/git-tooling/bench/git-steps.mjs (after `pnpm build`). Prints the first look, steps in which git did nothing,
 * steps with a commit between, and the undo of `rm -rf .git`.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSnapshots } from "../dist/index.js";

const base = mkdtempSync(join(tmpdir(), "codex-undo-bench-"));
const root = join(base, "project");
mkdirSync(root);
const sh = (script, input) =>
  execFileSync("bash", ["-c", script], { cwd: root, input, stdio: ["pipe", "pipe", "inherit"] });
sh("git init -q; git config user.name B; git config user.email b@example.invalid; git config gc.auto 0");
mkdirSync(join(base, "blobs"));
const names = Array.from({ length: 20_000 }, (_, at) => join(base, "blobs", String(at)));
for (const name of names) writeFileSync(name, `${name}\n`);
sh("git hash-object -w --stdin-paths", `${names.join("\n")}\n`);
sh("echo a > a; git add a; git commit -qm a");
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
async function measure(what, work) {
  const started = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const used = process.cpuUsage(cpu);
  const wall = (performance.now() - started).toFixed(0);
  console.log(`${what} ${wall} ms, processor ${((used.user + used.system) / 1000).toFixed(0)} ms`);
}
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
await snapshots[Symbol.asyncDispose]();
rmSync(base, { recursive: true });
