// Time from the model's answer to a command's first output, and to the next request: for any agents, with pipes and
// with a terminal. usage: node first-output.mjs [--n N] [--sandbox MODE] NAME=COMMAND...
// COMMAND understands `exec --json`, and is absolute: ours="node $PWD/packages/cli/dist/main.js" c169=/path/to/codex
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

const words = process.argv.slice(2);
const option = (name, standard) => {
  const at = words.indexOf(name);
  return at < 0 ? standard : words.splice(at, 2)[1];
};
const count = Number(option("--n", "30"));
const mode = option("--sandbox", "workspace-write");
const agents = words.map((word) => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1).split(" ")]);
// Microseconds since 1970, from the shell itself: no program has to be started for it.
const COMMAND = 'echo "at ${EPOCHREALTIME/./}"';
const now = () => performance.timeOrigin + performance.now();

const sse = (event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };

// Turn 0 warms up; then `count` commands, then the end.
function serve(tty) {
  const first = [];
  const whole = [];
  let turn = 0;
  let answered = 0;
  const server = createServer((request, response) => {
    const arrived = now();
    let body = "";
    request.setEncoding("utf8").on("data", (part) => (body += part));
    request.on("end", () => {
      if (request.method !== "POST") return response.writeHead(404).end();
      const stamps = [...body.matchAll(/at (\d{16})/g)];
      if (turn > 1) {
        first.push(Number(stamps.at(-1)?.[1]) / 1000 - answered);
        whole.push(arrived - answered);
      }
      const call = { cmd: COMMAND, login: false, ...(tty ? { tty } : {}) };
      const item =
        turn > count
          ? { type: "message", role: "assistant", id: `m${turn}`, content: [{ type: "output_text", text: "done" }] }
          : {
              type: "function_call",
              id: `f${turn}`,
              call_id: `c${turn}`,
              name: "exec_command",
              arguments: JSON.stringify(call),
            };
      response.writeHead(200, { "content-type": "text/event-stream" });
      const events = [
        { type: "response.created", response: { id: `r${turn}` } },
        { type: "response.output_item.done", item },
        { type: "response.completed", response: { id: `r${turn}`, usage } },
      ];
      turn += 1;
      answered = now();
      return response.end(events.map(sse).join(""));
    });
  });
  return { server, first, whole };
}

async function measure(command, tty) {
  const folder = mkdtempSync(join(tmpdir(), "codex-bench-"));
  const { server, first, whole } = serve(tty);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const home = join(folder, "home");
  const work = join(folder, "work");
  for (const each of [home, work]) mkdirSync(each);
  spawnSync("git", ["init", "-q"], { cwd: work });
  const url = `http://127.0.0.1:${server.address().port}/v1`;
  const provider = `name = "mock"\nbase_url = "${url}"\nwire_api = "responses"\n`;
  const config = `model = "gpt-5"\nmodel_provider = "mock"\n[model_providers.mock]\n${provider}`;
  writeFileSync(join(home, "config.toml"), config);
  const line = [`HOME=${home}`, `CODEX_HOME=${home}`, ...command, "exec", "--json", "-s", mode, "go"];
  const child = spawn("env", line, { cwd: work, stdio: "ignore" });
  const code = await new Promise((resolve) => child.once("exit", resolve));
  server.close();
  rmSync(folder, { recursive: true, force: true });
  return { code, first, whole };
}

const median = (numbers) => [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? NaN;
const shown = (numbers) => {
  const known = numbers.filter((each) => !Number.isNaN(each));
  return known.length === 0 ? "never came" : `${median(known).toFixed(1)} ms`;
};
for (const tty of [false, true]) {
  for (const [name, command] of agents) {
    const { code, first, whole } = await measure(command, tty);
    const line = `first output ${shown(first)}, next request ${shown(whole)} (${first.length} commands, exit ${code})`;
    process.stdout.write(`${tty ? "terminal" : "pipes   "} ${name}: ${line}\n`);
  }
}
