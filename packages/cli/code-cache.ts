import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ITEM = { type: "message", role: "assistant", id: "m", content: [{ type: "output_text", text: "hello" }] };
const CALL = { type: "function_call", id: "f", call_id: "c", name: "exec_command", arguments: '{"cmd":"true"}' };

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
 * Has V8 keep what it compiles while the built command in `dist` does one small task against a model that says hello.
 * Without that the command starts more slowly, so a machine where the task cannot be done still gets a command.
 */
export async function writeCodeCache(dist: string): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "codex-code-cache-"));
  const answers = [answer([CALL]), answer([ITEM])];
  const server = createServer((request, response) => {
    request.resume().once("end", () => {
      response.writeHead(200, { "content-type": "text/event-stream" }).end(answers.shift());
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
    const options = ["exec", "--json", "--yolo", "--ephemeral", "--skip-git-repo-check", "hello"];
    const env = { PATH: process.env["PATH"], HOME: scratch, CODEX_HOME: scratch };
    const child = spawn(process.execPath, [resolve(dist, "main.js"), ...options], {
      cwd: scratch,
      env: { ...env, CODEX_WRITE_CODE_CACHE: resolve(dist, "codex.js.cache") },
      stdio: "ignore",
    });
    await once(child, "exit");
  } finally {
    server.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}
