/**
 * Memory, descriptors and listeners of one process over a scripted model. Build first, then:
 *
 *   node --expose-gc packages/core/bench/soak.mjs turns 10000     one session, so many turns
 *   node --expose-gc packages/core/bench/soak.mjs sessions 1000   so many sessions at once, one turn each
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCodex } from "../dist/index.js";

const [what = "turns", amount = "1000"] = process.argv.slice(2);
const home = mkdtempSync(join(tmpdir(), "codex-soak-"));

/** Repeats the last thing it was told. @type {import("@codex/protocol").ModelProvider} */
const models = {
  client: () => ({
    info: {
      slug: "echo",
      known: true,
      context_window: 272_000,
      truncation: { mode: "bytes", limit: 10_000 },
      parallel_tool_calls: true,
      reasoning: { summaries: false },
      apply_patch: "function",
      images: false,
    },
    max_retries: 0,
    async *stream(prompt) {
      const last = prompt.input.findLast((item) => item.type === "message" && item.role === "user");
      const text = last?.type === "message" ? JSON.stringify(last.content).slice(0, 200) : "";
      yield {
        type: "item_done",
        item: { type: "message", role: "assistant", content: [{ type: "output_text", text }] },
      };
      yield { type: "completed", response_id: "r", usage: undefined, continues: false };
    },
  }),
};

/** @param {string} label */
function report(label) {
  globalThis.gc?.();
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const descriptors = readdirSync("/proc/self/fd").length;
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  const cpu = Math.round(process.cpuUsage().user / 1000);
  const mib = (/** @type {number} */ bytes) => (bytes / 2 ** 20).toFixed(1);
  process.stdout.write(
    `${label.padEnd(14)} rss ${mib(rss)} MiB, heap ${mib(heapUsed)} MiB, fds ${descriptors}, listeners ${listeners}, user ${cpu} ms\n`,
  );
}

const codex = createCodex({ env: { PATH: "/usr/bin:/bin", HOME: home, CODEX_HOME: home }, models });
const start = () => codex.start({ cwd: home, sandboxMode: "danger-full-access", ephemeral: what === "sessions" });

async function runTurns() {
  const session = await start();
  const part = Math.ceil(Number(amount) / 10);
  for (let turn = 0; turn < Number(amount); turn += 1) {
    if (turn % part === 0) report(`turn ${turn}`);
    await session.run(`turn ${turn} ${"x".repeat(100)}`);
  }
  report(`turn ${amount}`);
}

async function runSessions() {
  const started = performance.now();
  const sessions = await Promise.all(Array.from({ length: Number(amount) }, start));
  report(`${amount} open`);
  const answers = await Promise.all(sessions.map((session, index) => session.run(`I am session ${index}.`)));
  const strayed = answers.filter(({ finalResponse }, index) => !finalResponse.includes(`I am session ${index}.`));
  report("answered");
  process.stdout.write(`${strayed.length} heard another's words; ${Math.round(performance.now() - started)} ms\n`);
  await Promise.all(sessions.map((session) => session[Symbol.asyncDispose]()));
}

try {
  report("start");
  await (what === "turns" ? runTurns() : runSessions());
} finally {
  await codex[Symbol.asyncDispose]();
  report("closed");
  rmSync(home, { recursive: true, force: true });
}
