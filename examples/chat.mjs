// A chat with the folder you stand in: node examples/chat.mjs
import { createInterface } from "node:readline/promises";
import { createCodex } from "@codex/core";

/** @param {import("@codex/core").EventMsg} event */
function textOf(event) {
  if (event.type === "exec_command_begin") return `$ ${event.command.join(" ")}\n`;
  if (event.type === "agent_message_content_delta") return event.delta;
  return event.type === "task_complete" ? "\n" : "";
}

const codex = createCodex();
try {
  const session = await codex.start({ cwd: process.cwd() });
  const terminal = createInterface({ input: process.stdin, output: process.stdout, prompt: "you> " });
  terminal.prompt();
  for await (const line of terminal) {
    const { events } = await session.runStreamed(line);
    for await (const event of events) process.stdout.write(textOf(event));
    terminal.prompt();
  }
} finally {
  await codex[Symbol.asyncDispose]();
}
