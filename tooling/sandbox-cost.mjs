/**
 * What the sandbox costs, as medians over rounds in which every form is run once:
 * `node tooling/sandbox-cost.mjs [ROUNDS] [PEER]`. PEER: another `codex`, for a row of its
 * `codex sandbox` beside ours. Wants a quiet machine and a built checkout.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "tsup";

const rounds = Number(process.argv[2] ?? "200");
const peer = process.argv[3];
const packages = fileURLToPath(new URL("../packages/", import.meta.url));
const helper = join(packages, "linux-sandbox/dist/codex-linux-sandbox");
const codex = join(packages, "cli/dist/main.js");
const scratch = mkdtempSync(join(tmpdir(), "codex-cost-"));
const project = join(scratch, "project");
const home = join(scratch, "home");
for (const folder of [project, home]) mkdirSync(folder);
process.on("exit", () => rmSync(scratch, { recursive: true }));

/** @param {readonly string[]} argv @returns {() => void} */
function program([name = "", ...words]) {
  const options = /** @type {const} */ ({
    cwd: project,
    stdio: "ignore",
    env: { PATH: process.env["PATH"], CODEX_HOME: home, HOME: home },
  });
  return () => {
    const { status, error } = spawnSync(name, words, options);
    if (status !== 0) throw error ?? new Error(`${name} ${words.join(" ")} ended with ${status}`);
  };
}

/** The environments of @codex/exec, from source. */
async function environments() {
  await build({
    entry: { exec: join(packages, "exec/src/index.ts") },
    outDir: scratch,
    format: "esm",
    outExtension: () => ({ js: ".mjs" }),
    config: false,
    silent: true,
    external: ["@lydell/node-pty"],
    noExternal: [/^(?!@lydell)/],
    esbuildOptions: (options) => {
      options.conditions = ["codex-source"];
    },
  });
  const { capture, createDirectEnvironment } = await import(pathToFileURL(join(scratch, "exec.mjs")).href);
  const direct = createDirectEnvironment({ id: "cost", helper, allow_missing: [] });
  const confined = await direct.confine(await direct.resolve(POLICY, project));
  const { signal } = new AbortController();
  const request = { argv: ["true"], cwd: project, env: { PATH: process.env["PATH"] }, stdin: "closed" };
  const runIn = (/** @type {typeof direct} */ place) => async () => {
    const running = place.exec(request, signal);
    await capture(running.output, { signal });
    const exit = await running.exit;
    if (exit.type !== "exited" || exit.code !== 0) throw new Error(JSON.stringify(exit));
  };
  return { direct: runIn(direct), confined: runIn(confined), end: () => direct[Symbol.asyncDispose]() };
}

const POLICY = {
  type: "workspace-write",
  writable_roots: [],
  network_access: false,
  exclude_slash_tmp: false,
  exclude_tmpdir_env_var: false,
};
const places = await environments();
/** @type {Record<string, () => unknown>} */
const forms = {
  true: program(["true"]),
  "helper + true": program([helper, "run", "--cwd", project, "--write", project, "--write", "/tmp", "--", "true"]),
  "exec, direct": places.direct,
  "exec, confined": places.confined,
  "node -e 0": program([process.execPath, "-e", "0"]),
  "codex sandbox -- true": program([process.execPath, codex, "sandbox", "-s", "workspace-write", "--", "true"]),
  ...(peer === undefined ? {} : { "peer: codex sandbox -- true": program([peer, "sandbox", "--", "true"]) }),
};

/** @type {Map<string, number[]>} */
const times = new Map(Object.keys(forms).map((name) => [name, []]));
for (let round = -5; round < rounds; round++) {
  for (const [name, run] of Object.entries(forms)) {
    const before = performance.now();
    await run();
    if (round >= 0) times.get(name)?.push(performance.now() - before);
  }
}
await places.end();

/** @param {string} name */
function median(name) {
  const sorted = (times.get(name) ?? []).toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const DIFFERENCES = [
  ["helper + true", "true", 3],
  ["exec, confined", "exec, direct", 5],
  ["codex sandbox -- true", "node -e 0", 40],
];
for (const name of Object.keys(forms)) console.log(`${name.padEnd(30)} ${median(name).toFixed(2)} ms`);
for (const [name, base, most] of DIFFERENCES) {
  const over = (median(String(name)) - median(String(base))).toFixed(2);
  console.log(`${name} over ${base}: ${over} ms (goal: at most ${most}), ${rounds} rounds`);
}
