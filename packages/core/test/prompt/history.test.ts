import type { ResponseItem } from "@codex/protocol";
import { describe, expect, it } from "vitest";
import { History, normalize } from "../../src/prompt/history.js";

const call = (call_id: string): ResponseItem => ({ type: "function_call", name: "x", arguments: "{}", call_id });
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

describe("History", () => {
  it("keeps an output a little larger than tools may say, and cuts the rest", () => {
    const history = new History();
    const policy = { mode: "bytes", limit: 100 } as const;
    const kept = history.append({ type: "function_call_output", call_id: "a", output: "x".repeat(120) }, policy);
    expect(kept).toMatchObject({ output: "x".repeat(120) });
    const cut = history.append({ type: "function_call_output", call_id: "a", output: "x".repeat(121) }, policy);
    expect(cut).toMatchObject({ output: `${"x".repeat(60)}…1 chars truncated…${"x".repeat(60)}` });
  });
});
