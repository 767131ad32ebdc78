/**
 * Somebody's program on `@codex/core`, as packed: every door of the library once, against a scripted Responses server.
 * tooling/consume.mjs compiles and runs it; here nothing of ours can be resolved.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCodex, defineTool } from "@codex/core";
import type { ApprovalRequest, CodexOptions, EventMsg, ModelProvider, SessionOptions, TurnResult } from "@codex/core";
import * as z from "zod";

const home = mkdtempSync(join(tmpdir(), "codex-consumer-"));
const answers: object[][] = [];
const requests: string[] = [];

function message(text: string): object {
  return { type: "message", role: "assistant", id: "m", content: [{ type: "output_text", text }] };
}

function call(name: string, args: object): object {
  return { type: "function_call", id: "f", call_id: `call_${requests.length}`, name, arguments: JSON.stringify(args) };
}

function stream(items: readonly object[]): string {
  const usage = { input_tokens: 3, output_tokens: 2, total_tokens: 5 };
  const events = [
    { type: "response.created", response: { id: "r" } },
    ...items.map((item) => ({ type: "response.output_item.done", output_index: 0, item })),
    { type: "response.completed", response: { id: "r", usage } },
  ];
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const items = request.url?.startsWith("/v1/responses") === true ? answers.shift() : undefined;
    if (items === undefined) return response.writeHead(404).end("{}");
    requests.push(Buffer.concat(chunks).toString());
    return response.writeHead(200, { "content-type": "text/event-stream" }).end(stream(items));
  });
});
await once(server.listen(0, "127.0.0.1"), "listening");
const address = server.address();
assert(typeof address === "object" && address !== null);

const options: CodexOptions = { env: { PATH: process.env["PATH"], HOME: home, CODEX_HOME: home, CODEX_API_KEY: "k" } };
const provider = { name: "here", base_url: `http://127.0.0.1:${address.port}/v1`, wire_api: "responses" };
const base: SessionOptions = { cwd: home, config: { model_provider: "here", model_providers: { here: provider } } };

async function answersOneTurn(): Promise<void> {
  answers.push([message("hello")]);
  const codex = createCodex(options);
  const session = await codex.start(base);
  const turn: TurnResult = await session.run("hi");
  assert.equal(turn.finalResponse, "hello");
  assert.equal(turn.usage?.total_tokens, 5);
  answers.push([message("again")]);
  const { events, result } = await session.runStreamed([{ type: "text", text: "and now?" }]);
  const types: EventMsg["type"][] = [];
  for await (const event of events) types.push(event.type);
  assert.equal(types.at(-1), "task_complete");
  assert.equal((await result()).finalResponse, "again");
  await codex[Symbol.asyncDispose]();
}

async function offersTools(): Promise<void> {
  const add = defineTool({
    name: "add",
    description: "Adds two numbers.",
    parameters: z.object({ left: z.number(), right: z.number() }),
    run: async ({ left, right }) => String(left + right),
  });
  answers.push([call("add", { left: 40, right: 2 })], [message("42")]);
  const codex = createCodex({ ...options, tools: [add] });
  await (await codex.start(base)).run("add");
  assert.match(requests.at(-1) ?? "", /"output":"42"/);
  await codex[Symbol.asyncDispose]();
}

async function decidesWhatRuns(): Promise<void> {
  const asked: ApprovalRequest["type"][] = [];
  const verdicts = ["approved" as const, { denied: { rejection: "that one stays" } }];
  writeFileSync(join(home, "kept"), "");
  answers.push([call("exec_command", { cmd: "touch made", login: false })]);
  answers.push([call("exec_command", { cmd: "rm kept", login: false })], [message("done")]);
  const codex = createCodex(options);
  const session = await codex.start({
    ...base,
    sandboxMode: "workspace-write",
    approvalPolicy: "untrusted",
    onApproval: (request) => {
      asked.push(request.type);
      return verdicts.shift() ?? "abort";
    },
  });
  await session.run("tidy up");
  assert.deepEqual(asked, ["exec", "exec"]);
  assert.deepEqual([existsSync(join(home, "made")), existsSync(join(home, "kept"))], [true, true]);
  assert.match(requests.at(-1) ?? "", /that one stays/);
  await codex[Symbol.asyncDispose]();
}

async function bringsItsModel(): Promise<void> {
  const info = { slug: "echo", known: true, parallel_tool_calls: false, images: false } as const;
  const models: ModelProvider = {
    client: () => ({
      info: {
        ...info,
        truncation: { mode: "bytes", limit: 10_000 },
        reasoning: { summaries: false },
        apply_patch: "function",
      },
      max_retries: 0,
      async *stream(prompt) {
        const text = `${prompt.input.length > 0 ? "echo" : "nothing"}`;
        const content = [{ type: "output_text" as const, text }];
        yield { type: "item_done", item: { type: "message", role: "assistant", content } };
        yield { type: "completed", response_id: "none", usage: undefined, continues: false };
      },
    }),
  };
  const codex = createCodex({ ...options, models });
  assert.equal((await (await codex.start({ ...base, ephemeral: true })).run("hi")).finalResponse, "echo");
  await codex[Symbol.asyncDispose]();
}

for (const step of [answersOneTurn, offersTools, decidesWhatRuns, bringsItsModel]) await step();
server.close();
process.stdout.write(`${requests.length} requests\n`);
