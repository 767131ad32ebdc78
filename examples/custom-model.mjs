// A model of your own, without a server and without a key: node examples/custom-model.mjs
import { createCodex } from "@codex/core";

/**
 * Runs `ls` once, then counts what it printed.
 * @param {import("@codex/core").Prompt} prompt
 * @returns {import("@codex/core").ModelEvent}
 */
function answer(prompt) {
  const output = prompt.input.findLast((item) => item.type === "function_call_output")?.output;
  if (typeof output !== "string") {
    const call = { name: "exec_command", call_id: "call_1", arguments: '{ "cmd": "ls" }' };
    return { type: "item_done", item: { type: "function_call", ...call } };
  }
  const lines = output.slice(output.indexOf("Output:")).trim().split("\n").length - 1;
  const text = `There are ${lines} names in this folder.`;
  return { type: "item_done", item: { type: "message", role: "assistant", content: [{ type: "output_text", text }] } };
}

/** @type {import("@codex/core").ModelProvider} */
const models = {
  client: () => ({
    info: {
      slug: "counter",
      known: true,
      truncation: { mode: "bytes", limit: 10_000 },
      parallel_tool_calls: false,
      reasoning: { summaries: false },
      apply_patch: "function",
      images: false,
    },
    max_retries: 0,
    async *stream(prompt) {
      yield answer(prompt);
      yield { type: "completed", response_id: "none", usage: undefined, continues: false };
    },
  }),
};

const codex = createCodex({ models });
try {
  const session = await codex.start({ ephemeral: true });
  const turn = await session.run("How many files are here?");
  process.stdout.write(`${turn.finalResponse}\n`);
} finally {
  await codex[Symbol.asyncDispose]();
}
