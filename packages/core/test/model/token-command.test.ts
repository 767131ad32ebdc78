import type { SseEvent, TemporaryFolder } from "@codex/test-support";
import { ev, startResponsesServer, temporaryHome, workspace } from "@codex/test-support";
import type { EventMsg } from "@codex/protocol";
import { expect, it } from "vitest";
import { createCodex } from "../../src/compose.js";

const done: readonly SseEvent[] = [ev.message("ok"), ev.completed()];

/** A program that prints another token each time, and keeps count. */
const COUNTING = '#!/bin/sh\nn=$(cat count 2>/dev/null || echo 0); n=$((n + 1)); echo $n > count; echo " token-$n "\n';

type Asked = { readonly events: readonly EventMsg[]; readonly folder: TemporaryFolder };

/** Two turns of a session whose provider has this token program. */
async function ask(program: string, url: string, more = ""): Promise<Asked> {
  await using home = await temporaryHome();
  const folder = await workspace({ git: true, files: {} });
  await folder.write("print-token", program, 0o755);
  const auth = `[model_providers.mock.auth]\ncommand = "./print-token"\ncwd = "${folder.path}"\n${more}`;
  const provider = `[model_providers.mock]\nname = "mock"\nbase_url = "${url}"\nrequest_max_retries = 0\n`;
  await home.write("config.toml", `model = "m"\nmodel_provider = "mock"\n${provider}${auth}`);
  await using codex = createCodex({ env: { PATH: process.env["PATH"], CODEX_HOME: home.path } });
  const session = await codex.open({ type: "new", settings: { cwd: folder.path }, ephemeral: true });
  const events: EventMsg[] = [];
  let turns = 0;
  session.submit({ type: "user_input", items: [{ type: "text", text: "go" }] });
  for await (const { msg } of session.events) {
    events.push(msg);
    if (msg.type !== "task_complete") continue;
    turns += 1;
    if (turns < 2) session.submit({ type: "user_input", items: [{ type: "text", text: "again" }] });
    else session.submit({ type: "shutdown" });
  }
  return { events, folder };
}

it("signs with what a program prints, which is asked once for as long as the token is used", async () => {
  await using server = await startResponsesServer(done, done);
  const { folder } = await ask(COUNTING, server.url);
  await using _folder = folder;
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer token-1", "Bearer token-1"]);
});

it("asks the program anew when the token was refused", async () => {
  await using server = await startResponsesServer({ type: "status", status: 401, body: "expired" }, done, done);
  const { folder } = await ask(COUNTING, server.url);
  await using _folder = folder;
  const tokens = server.requests.map(({ headers }) => headers.authorization);
  expect(tokens).toEqual(["Bearer token-1", "Bearer token-2", "Bearer token-2"]);
});

it.each([
  ["#!/bin/sh\necho secret; echo no login >&2; exit 3\n", "ended with 3: no login."],
  ["#!/bin/sh\n", "printed no token."],
  ["#!/bin/sh\necho not a token\n", "printed more than one word."],
  ["#!/bin/sh\nsleep 60\n", "did not end within 50 ms."],
])("fails the turn in one line when the program does not help: %j", async (program, what) => {
  await using server = await startResponsesServer();
  const { events, folder } = await ask(
    program,
    server.url,
    "timeout_ms = 50\n".repeat(program.includes("sleep") ? 1 : 0),
  );
  await using _folder = folder;
  const errors = events.flatMap((message) => (message.type === "error" ? [message.message] : []));
  const text = `The token command of the provider mock (./print-token) ${what}`;
  expect(errors[0]).toBe(`${text} Check model_providers.mock.auth in config.toml.`);
});
