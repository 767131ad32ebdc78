import { chat, ev, mockProviderConfig } from "@codex/test-support";
import type { Reply } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import type { FaultOptions } from "./run.js";
import { faultRun, PATCH, repeating, UNHARMED } from "./run.js";

const CHAT_TURN = [
  chat.delta({ role: "assistant", reasoning_content: "Zwei Zähler" }),
  ...["Grö", "ßer ", "🙂 ", "日本", "語"].map((text) => chat.text(text)),
  chat.call({ index: 0, id: "call_a", name: "exec_command", arguments: '{"cmd":"echo a >> a.log",' }),
  chat.call({ index: 0, arguments: '"login":false}' }),
  chat.call({ index: 1, id: "call_b", name: "exec_command", arguments: { cmd: "echo b >> b.log", login: false } }),
  chat.call({ index: 2, id: "call_p", name: "apply_patch", arguments: { input: PATCH } }),
  chat.finish("tool_calls"),
  chat.usage(10, 5),
  chat.done,
];
const CHAT_LAST: Reply = [chat.text("fertig ✓"), chat.finish("stop"), chat.done];

const CHAT: FaultOptions = {
  config: (url) => mockProviderConfig(url, "qwen3-coder").replace('wire_api = "responses"', 'wire_api = "chat"'),
};

function local(provider: "ollama" | "lmstudio"): FaultOptions {
  return {
    config: () => `model = "gpt-oss:20b"\nmodel_provider = "${provider}"\n`,
    env: (url) => ({ CODEX_OSS_BASE_URL: url }),
  };
}

describe("the same turn", () => {
  it("over the chat wire does the same, and says the same", async () => {
    const over = await faultRun(repeating());
    const run = await faultRun({ replies: [CHAT_TURN, CHAT_LAST] }, CHAT);
    expect(run).toMatchObject({ ...UNHARMED, outputs: over.outputs, notices: [], requests: 2 });
  });

  it.each(["ollama", "lmstudio"] as const)("against a stand-in for %s", async (provider) => {
    const over = await faultRun(repeating());
    const run = await faultRun(repeating(), local(provider));
    expect(run).toMatchObject({ ...UNHARMED, outputs: over.outputs, notices: [], requests: 2 });
  });
});

describe("the chat wire", () => {
  it.each([0, 1, 5, 6, 8, 9])(
    "cut after event %i leaves the turn whole: no item is handed over by halves",
    async (events) => {
      const cut: Reply = { type: "stream", events: CHAT_TURN, cut_after_events: events };
      const run = await faultRun({ replies: [cut, CHAT_TURN, CHAT_LAST] }, CHAT);
      expect(run).toMatchObject({ ...UNHARMED, notices: ["Reconnecting... 1/5"] });
      expect(run.said).toHaveLength(6);
    },
  );

  it("sends malformed arguments back as an error, in a form that the server can read", async () => {
    const broken: Reply = [
      chat.call({ index: 0, id: "x", name: "exec_command", arguments: "{cmd:" }),
      chat.finish("tool_calls"),
      chat.done,
    ];
    const run = await faultRun({ replies: [broken, CHAT_TURN, CHAT_LAST] }, CHAT);
    expect(run).toMatchObject(UNHARMED);
    expect(run.outputs["x"]).toEqual([expect.stringContaining("failed to parse function arguments")]);
  });

  it("falls for nothing that belongs to the other wire", async () => {
    const run = await faultRun({ replies: [[ev.message("no"), ev.completed()], CHAT_TURN, CHAT_LAST] }, CHAT);
    expect(run).toMatchObject(UNHARMED);
  });
});
