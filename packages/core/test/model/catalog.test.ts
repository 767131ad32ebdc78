import { expect, it } from "vitest";
import { DEFAULT_MODEL, modelInfo } from "../../src/model/catalog.js";

it("finds a model by the longest slug that starts its name", () => {
  expect(modelInfo("gpt-5.4-mini-2026-03-01").default_verbosity).toBe("medium");
  expect(modelInfo("gpt-5.4-2026-03-01").default_verbosity).toBe("low");
  expect(modelInfo("gpt-5-codex").default_verbosity).toBeUndefined();
  expect(modelInfo("gpt-5.6-sol").reasoning).toEqual({ summaries: true, default_effort: "low" });
});

it("tries once more without the namespace", () => {
  expect(modelInfo("openai/gpt-oss-20b")).toMatchObject({ slug: "openai/gpt-oss-20b", known: true, images: false });
});

it.each([
  ["gpt-5", "freeform", "bytes"],
  ["gpt-5.2", "freeform", "bytes"],
  ["gpt-5.5", "freeform", "tokens"],
  ["gpt-6.1-sol", "freeform", "tokens"],
  ["gpt-6-luna", "freeform", "tokens"],
  ["codex-auto-review", "freeform", "tokens"],
  ["codex-mini-latest", "freeform", "bytes"],
  ["o3", "function", "bytes"],
  ["o4-mini", "function", "bytes"],
  ["gpt-4.1", "function", "bytes"],
  ["gpt-oss:20b", "function", "bytes"],
])("knows %s: patch as %s, output in %s", (slug, apply_patch, mode) => {
  expect(modelInfo(slug)).toMatchObject({ known: true, apply_patch, truncation: { mode, limit: 10_000 } });
});

it("is cautious about a model nobody knows (core.md §2.11)", () => {
  expect(modelInfo("llama-9")).toEqual({
    slug: "llama-9",
    known: false,
    context_window: 272_000,
    truncation: { mode: "bytes", limit: 10_000 },
    parallel_tool_calls: true,
    reasoning: { summaries: false },
    apply_patch: "function",
    images: true,
  });
});

it("has a default that it knows", () => {
  expect(modelInfo(DEFAULT_MODEL).known).toBe(true);
});
