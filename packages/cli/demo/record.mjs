/**
 * Makes session.jsonl again: `node packages/cli/demo/record.mjs`, after a build. What the model says is written down
 * here; a server on loopback says it to `codex exec --record`, which works on a copy of the project as the demo does.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));

const RUN_TESTS = [
  "out=$(node --test --test-reporter=tap); code=$?",
  `echo "$out" | grep -E '^(ok|not ok|# (pass|fail))'`,
  "exit $code",
].join("\n");

/** What the kernel says about this process, and whether it lets a file be made outside the workspace. */
const LOOK_AT_SANDBOX = [
  "grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status",
  "touch /outside-the-workspace 2>/dev/null || echo 'cannot write outside the workspace'",
].join("\n");

const PATCH = `*** Begin Patch
*** Update File: src/wrap.js
@@ export function wrap(text, width) {
     const longer = line === "" ? word : \`\${line} \${word}\`;
-    if (line === "" || longer.length < width) {
+    if (line === "" || longer.length <= width) {
       line = longer;
*** End Patch
`;

const FINAL = `The tests pass now.

The cause: \`wrap\` broke the line as soon as it would have been exactly \`width\` characters long, because it compared
with \`<\`. A line may be as long as the width, so \`src/wrap.js\` now compares with \`<=\`. The tests are unchanged.
`;

/** One request's answer each, in order. */
const STEPS = [
  [thought("I look at the project first."), said("I'll start by looking around."), command("ls . src test")],
  [said("Before I run anything, I check that I am confined."), command(LOOK_AT_SANDBOX)],
  [command("cat README.md src/wrap.js test/wrap.test.js")],
  [command(RUN_TESTS)],
  [
    thought("A line that would be exactly as wide as allowed is broken too early: the comparison is off by one."),
    plan(["Find the cause", "Repair the comparison", "Run the tests again"], 1),
  ],
  [{ type: "custom_tool_call", name: "apply_patch", input: PATCH }],
  [command(RUN_TESTS)],
  [plan(["Find the cause", "Repair the comparison", "Run the tests again"], 3)],
  [said(FINAL.trimEnd())],
];

function thought(text) {
  return { type: "reasoning", summary: [{ type: "summary_text", text }], encrypted_content: null };
}

function said(text) {
  return { type: "message", role: "assistant", content: [{ type: "output_text", text, annotations: [] }] };
}

/** No login shell: its profile belongs to the user and may change PATH. */
function command(cmd) {
  return { type: "function_call", name: "exec_command", arguments: JSON.stringify({ cmd, login: false }) };
}

function plan(steps, done) {
  const status = (index) => (index < done ? "completed" : index === done ? "in_progress" : "pending");
  const list = steps.map((step, index) => ({ step, status: status(index) }));
  return { type: "function_call", name: "update_plan", arguments: JSON.stringify({ plan: list }) };
}

function answer(step, number) {
  const id = (index) => `${number}${index}`.padStart(8, "0");
  const items = step.map((item, index) => {
    const called = item.type.endsWith("_call") ? { call_id: `call_${id(index)}` } : {};
    return { id: `item_${id(index)}`, ...called, ...item };
  });
  const usage = {
    input_tokens: 1800 + 400 * number,
    input_tokens_details: { cached_tokens: number === 0 ? 0 : 1400 + 400 * number },
    output_tokens: 60,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 1860 + 400 * number,
  };
  return [
    ...items.map((item, output_index) => ({ type: "response.output_item.done", output_index, item })),
    { type: "response.completed", response: { id: `resp_${id(0)}`, usage } },
  ];
}

async function startServer() {
  let number = 0;
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      const step = STEPS[number];
      if (step === undefined) return response.writeHead(500).end();
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(
        answer(step, number)
          .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
          .join(""),
      );
      number += 1;
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server;
}

const root = mkdtempSync(join(tmpdir(), "codex-record-"));
const folder = join(root, "word-wrap");
const home = join(root, "home");
const server = await startServer();
mkdirSync(home);
cpSync(join(here, "project"), folder, { recursive: true });
execFileSync("git", ["init", "--quiet"], { cwd: folder });
writeFileSync(
  join(home, "config.toml"),
  `model_provider = "script"
[model_providers.script]
name = "script"
base_url = "http://127.0.0.1:${server.address().port}/v1"
`,
);
const prompt = /const PROMPT = "([^"]+)"/.exec(readFileSync(join(here, "../src/commands/demo.ts"), "utf8"))[1];
const recording = join(root, "session.jsonl");
const main = join(here, "../dist/main.js");
const args = [main, "exec", "-s", "workspace-write", "--ephemeral", "--record", recording, prompt];
const env = { ...process.env, CODEX_HOME: home };
const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ["ignore", "ignore", "inherit"] });
const [code] = await once(child, "exit");
server.close();
if (code === 0) writeFileSync(join(here, "session.jsonl"), readFileSync(recording));
rmSync(root, { recursive: true });
process.exitCode = code ?? 1;
