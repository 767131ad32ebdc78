import { describe, expect, it } from "vitest";
import type * as z from "zod/mini";
import { decode, schemaDocument, schemaFiles } from "../src/schema/index.js";
import type { Plain } from "../src/schema/plain.js";
import { SCHEMAS } from "../src/schema/words.js";
import type { Words } from "../src/schema/words.js";

/** Identical, not merely assignable: an optional key more or less counts. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? "described" : "drifted";
type Described = { readonly [Word in keyof Words]: Same<Plain<z.output<(typeof SCHEMAS)[Word]>>, Plain<Words[Word]>> };

/** An error here: the type of that name says something else than its schema. Change both, in src and in src/schema. */
const DESCRIBED: Described = {
  Submission: "described",
  Op: "described",
  Event: "described",
  EventMsg: "described",
  ResponseItem: "described",
  TurnItem: "described",
  UserInput: "described",
  ReviewDecision: "described",
  UserInputResponse: "described",
  SandboxPolicy: "described",
  AskForApproval: "described",
  CodexErrorInfo: "described",
  TokenUsageInfo: "described",
  RateLimitSnapshot: "described",
  ThreadEvent: "described",
  ThreadItem: "described",
  RolloutItem: "described",
  RolloutLine: "described",
};

it("describes every word by a schema that the compiler holds against its type", () => {
  expect(Object.keys(SCHEMAS)).toEqual(Object.keys(DESCRIBED));
});

describe("a line that is decoded", () => {
  const input = (...items: readonly unknown[]) => ({ id: "1", op: { type: "user_input", items } });
  const approval = (decision: unknown) => ({ id: "1", op: { type: "exec_approval", id: "c1", decision } });

  it.each([
    [7, "expected object, found number"],
    [{}, "id: is missing"],
    [{ id: "", op: { type: "interrupt" } }, "id: is empty"],
    [{ id: 1, op: { type: "interrupt" } }, "id: expected string, found number"],
    [{ id: "1" }, "op: is missing"],
    [{ id: "1", op: {} }, "op.type: is missing"],
    [{ id: "1", op: { type: "jump" } }, 'op.type: "jump" is none of the known forms'],
    [input({ type: "text" }), "op.items[0].text: is missing"],
    [input({ type: "text", text: "a" }, { type: "text", text: null }), "op.items[1].text: expected string, found null"],
    [approval("yes"), 'op.decision: "yes" is none of the known forms'],
    [approval({ denied: { rejection: 4 } }), "op.decision.denied.rejection: expected string, found number"],
    [
      { id: "1", op: { type: "override_turn_context", summary: "long" } },
      'op.summary: expected "auto" or "concise" or "detailed" or "none", found "long"',
    ],
  ])("tells of %j which field is wrong", (line, message) => {
    const decoded = decode("Submission", line);
    expect(decoded).toMatchObject({ type: "failed", message });
  });

  it("keeps fields that nobody knows", () => {
    const line = { id: "1", trace: { of: "somebody" }, op: { type: "interrupt", later: true } };
    const decoded = decode("Submission", line);
    expect(decoded.type === "decoded" && decoded.value).toBe(line);
  });
});

it("exports JSON Schema as one document and as files, in which every reference leads somewhere", () => {
  const references = (value: unknown): string[] =>
    [...JSON.stringify(value).matchAll(/"\$ref":"([^"]+)"/g)].flatMap(([, reference]) => reference ?? []);
  const document = schemaDocument();
  const files = schemaFiles();
  const names = Object.keys(DESCRIBED);
  expect(document).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema" });
  expect(Object.keys(files)).toEqual(names);
  expect(Object.keys(document["$defs"] ?? {})).toEqual(names);
  expect(references(document).length).toBeGreaterThan(10);
  for (const reference of references(document)) expect(names).toContain(reference.replace("#/$defs/", ""));
  for (const reference of references(files)) expect(names).toContain(reference.replace(".json", ""));
});
