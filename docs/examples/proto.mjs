// One turn over `codex proto`, with a yes to every command: node docs/examples/proto.mjs "run the tests"
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const codex = spawn("codex", ["proto"], { stdio: ["pipe", "pipe", "inherit"] });
const submit = (id, op) => codex.stdin.write(`${JSON.stringify({ id, op })}\n`);
submit("1", { type: "user_input", items: [{ type: "text", text: process.argv[2] }] });
for await (const line of createInterface({ input: codex.stdout })) {
  const { msg } = JSON.parse(line);
  if (msg.type === "exec_approval_request")
    submit("2", { type: "exec_approval", id: msg.call_id, decision: "approved" });
  if (msg.type === "agent_message") process.stdout.write(`${msg.message}\n`);
  if (msg.type === "task_complete") codex.stdin.end();
}
