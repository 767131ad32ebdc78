import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ITEM = { type: "message", role: "assistant", id: "m", content: [{ type: "output_text", text: "hello" }] };

function call(command: string): object {
  const text = JSON.stringify({ cmd: command });
  return { type: "function_call", id: "f", call_id: command, name: "exec_command", arguments: text };
}

/** The second command comes when the user's profile has been read, and skips it (exec/src/profile.ts). */
const ANSWERS: readonly (readonly object[])[] = [[call("sleep 0.3")], [call("true")], [ITEM]];

/** As people run it, and, for a machine that can confine nothing, without a sandbox. */
const MODES = ["--sandbox=workspace-write", "--yolo"];

function answer(items: readonly object[]): string {
  const events = [
    ...items.map((item) => ({ type: "response.output_item.done", item })),
    {
      type: "response.completed",
      response: { id: "r", usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } },
    },
  ];
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

/**
 * Has V8 keep what it compiles while the built command in `dist` does one small task against a model that says hello:
 * in a sandbox, with a session file and snapshots, because what is not compiled here is compiled in every start.
 * Without that the command starts more slowly, so a machine where the task cannot be done still gets a command.
 */
export async function writeCodeCache(dist: string): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "codex-code-cache-"));
  const project = join(scratch, "project");
  let answers: (readonly object[])[] = [];
  const server = createServer((request, response) => {
    request.resume().once("end", () => {
      response.writeHead(200, { "content-type": "text/event-stream" }).end(answer(answers.shift() ?? [ITEM]));
    });
  });
  try {
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    writeFileSync(
      join(scratch, "config.toml"),
      `model_provider = "here"\n[model_providers.here]\nname = "here"\nbase_url = "http://127.0.0.1:${port}/v1"\n`,
    );
    mkdirSync(join(project, ".git"), { recursive: true });
    const env = {
      PATH: process.env["PATH"],
      HOME: scratch,
      CODEX_HOME: scratch,
      CODEX_WRITE_CODE_CACHE: resolve(dist, "codex.js.cache"),
    };
    for (const mode of MODES) {
      answers = [...ANSWERS];
      const argv = [resolve(dist, "main.js"), "exec", "--json", mode, "hello"];
      const child = spawn(process.execPath, argv, { cwd: project, env, stdio: "ignore" });
      await once(child, "exit");
      if (child.exitCode === 0) break;
    }
  } finally {
    server.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}
