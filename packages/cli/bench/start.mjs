/**
 * How long the built command takes to start, beside bare Node: `node packages/cli/bench/start.mjs [RUNS]`. Medians in
 * milliseconds of interleaved runs. Goals: --version and the first JSON line within 40 ms of `node -e 0`, the first
 * byte to the model within 140 ms.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const RUNS = Number(process.argv[2] ?? 21);
const PROGRAM = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const ANSWER = [
  { type: "response.output_item.done", item: { type: "message", role: "assistant", content: [] } },
  { type: "response.completed", response: { id: "r" } },
];

const base = mkdtempSync(join(tmpdir(), "codex-start-"));
mkdirSync(join(base, "home"));
const server = createServer((request, response) => {
  server.emit("asked");
  request.resume().once("end", () => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(ANSWER.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(""));
  });
});
await once(server.listen(0, "127.0.0.1"), "listening");
const url = `http://127.0.0.1:${server.address().port}/v1`;
const provider = `[model_providers.here]\nname = "here"\nbase_url = "${url}"\n`;
writeFileSync(join(base, "home", "config.toml"), `model_provider = "here"\n${provider}`);
const env = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: base, CODEX_HOME: join(base, "home") };

const CASES = {
  "node -e 0": { argv: ["-e", "0"], until: "exit" },
  "codex --version": { argv: [PROGRAM, "--version"], until: "exit" },
  "codex exec, first JSON line": { argv: [PROGRAM, "exec", "--json", "--skip-git-repo-check", "hi"], until: "line" },
  "codex exec, first byte sent": { argv: [PROGRAM, "exec", "--json", "--skip-git-repo-check", "hi"], until: "request" },
};

/** Milliseconds until the event. */
async function measure({ argv, until }) {
  const started = performance.now();
  const child = spawn(process.execPath, argv, { cwd: base, env, stdio: ["ignore", "pipe", "ignore"] });
  const exit = once(child, "exit");
  const heard = new Promise((resolve) => {
    if (until === "line") child.stdout.once("data", () => resolve(performance.now()));
    if (until === "request") server.once("asked", () => resolve(performance.now()));
    if (until === "exit") void exit.then(() => resolve(performance.now()));
  });
  child.stdout.resume();
  const took = (await heard) - started;
  await exit;
  return took;
}

const times = Object.fromEntries(Object.keys(CASES).map((name) => [name, []]));
for (let run = 0; run <= RUNS; run += 1) {
  for (const [name, one] of Object.entries(CASES)) {
    const took = await measure(one);
    if (run > 0) times[name].push(took); // the first round warms the caches
  }
}
const median = (numbers) => numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length / 2)] ?? 0;
const bare = median(times["node -e 0"]);
for (const [name, all] of Object.entries(times)) {
  const ms = median(all);
  process.stdout.write(
    `${name.padEnd(30)} ${ms.toFixed(1).padStart(7)} ms   ${(ms - bare).toFixed(1).padStart(6)} over node\n`,
  );
}
server.close();
rmSync(base, { recursive: true, force: true });
