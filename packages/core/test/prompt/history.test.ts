import type { ResponseItem } from "@codex/protocol";
import { describe, expect, it } from "vitest";
import { History, normalize } from "../../src/prompt/history.js";

const call = (call_id: string): ResponseItem => ({ type: "function_call", name: "x", arguments: "{}", call_id });
const answered = (call_id: string): ResponseItem => ({ type: "custom_tool_call_output", call_id, output: "done" });
const output = (call_id: string): ResponseItem => ({ type: "function_call_output", call_id, output: "done" });

describe("normalize", () => {
  it("answers each open call right behind it", () => {
    expect(normalize([call("a"), call("b"), output("b")])).toEqual([
      call("a"),
      { type: "function_call_output", call_id: "a", output: "aborted" },
      call("b"),
      output("b"),
    ]);
  });

  it("leaves out outputs nobody asked for, and keeps the kinds apart", () => {
    const custom: ResponseItem = { type: "custom_tool_call", name: "x", input: "", call_id: "a" };
    expect(normalize([output("lost"), custom, output("a")])).toEqual([
      custom,
      { type: "custom_tool_call_output", call_id: "a", output: "aborted" },
    ]);
  });
});

describe("normalize", () => {
  const image: ResponseItem = { type: "web_search_call", id: "w" };
  const custom = (call_id: string): ResponseItem => ({ type: "custom_tool_call", name: "x", input: "", call_id });
  const local = (call_id: string | null): ResponseItem => ({
    type: "local_shell_call",
    call_id,
    status: "completed",
    action: { type: "exec", command: ["ls"] },
  });

  it("keeps what is paired, and all that is neither call nor output, as it is", () => {
    const items = [image, call("a"), output("a"), custom("b"), answered("b"), local("c"), output("c"), image];
    expect(normalize(items)).toEqual(items);
  });

  it("knows a shell call of the server by its id, and leaves one without alone", () => {
    expect(normalize([local("a"), local(null)])).toEqual([
      local("a"),
      { type: "function_call_output", call_id: "a", output: "aborted" },
      local(null),
    ]);
  });

  it("leaves out an output that stands before its call", () => {
    expect(normalize([output("a"), call("a")])).toEqual([call("a")]);
    expect(normalize([answered("a"), custom("b"), answered("b")])).toEqual([custom("b"), answered("b")]);
  });
});

describe("History", () => {
  it("keeps an output a little larger than tools may say, and cuts the rest", () => {
    const history = new History();
    const policy = { mode: "bytes", limit: 100 } as const;
    const kept = history.append({ type: "function_call_output", call_id: "a", output: "x".repeat(120) }, policy);
    expect(kept).toMatchObject({ output: "x".repeat(120) });
    const cut = history.append({ type: "function_call_output", call_id: "a", output: "x".repeat(121) }, policy);
    expect(cut).toMatchObject({ output: `${"x".repeat(60)}…1 chars truncated…${"x".repeat(60)}` });
  });

  it("gives what is asked with as a copy in which all is paired, and itself as it is", () => {
    const history = new History([call("a")]);
    expect(history.items).toEqual([call("a")]);
    expect(history.forPrompt()).toEqual([call("a"), { type: "function_call_output", call_id: "a", output: "aborted" }]);
    history.replace([output("b")]);
    expect([history.items, history.forPrompt()]).toEqual([[output("b")], []]);
  });

  it("is not changed by changes of the list it was made from", () => {
    const items = [call("a")];
    const [made, replaced] = [new History(items), new History()];
    replaced.replace(items);
    items.push(call("b"));
    expect([made.items, replaced.items]).toEqual([[call("a")], [call("a")]]);
  });

  it("answers the calls whose end nobody saw, each in its kind, and no others", () => {
    const custom: ResponseItem = { type: "custom_tool_call", name: "x", input: "", call_id: "c" };
    const history = new History([call("a"), output("a"), call("b"), custom, { type: "web_search_call" }]);
    expect(history.lostOutputs()).toEqual([
      {
        type: "function_call_output",
        call_id: "b",
        output: expect.stringMatching(/^aborted: .*look at what it left/i),
      },
      { type: "custom_tool_call_output", call_id: "c", output: expect.stringContaining("may have run") },
    ]);
    expect(new History([custom, answered("c")]).lostOutputs()).toEqual([]);
  });

  it("cuts each text of an output with parts, keeps its images, and leaves what is no output whole", () => {
    const history = new History();
    const policy = { mode: "tokens", limit: 10 } as const;
    const image = { type: "input_image", image_url: "data:x", detail: "high" } as const;
    const text = (size: number) => ({ type: "input_text", text: "x".repeat(size) }) as const;
    const parts = [text(48), image, text(52)];
    history.append({ type: "custom_tool_call_output", call_id: "a", output: parts }, policy);
    const cut = { type: "input_text", text: `${"x".repeat(24)}…1 tokens truncated…${"x".repeat(24)}` };
    expect(history.items).toEqual([{ type: "custom_tool_call_output", call_id: "a", output: [text(48), image, cut] }]);
    const long: ResponseItem = { type: "custom_tool_call", name: "x", input: "y".repeat(500), call_id: "b" };
    expect(history.append(long, policy)).toEqual(long);
  });

  it("rounds its room up", () => {
    const history = new History();
    const policy = { mode: "bytes", limit: 7 } as const;
    const size = (length: number) =>
      history.append({ type: "function_call_output", call_id: "a", output: "x".repeat(length) }, policy);
    expect(size(9)).toMatchObject({ output: "x".repeat(9) });
    expect(size(10)).toMatchObject({ output: expect.stringContaining("truncated") });
  });
});
