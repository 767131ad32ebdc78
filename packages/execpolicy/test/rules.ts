import { expect } from "vitest";
import { createPolicy, parseRules, type Policy, type Rules } from "../src/index.js";

export const noAbort = new AbortController().signal;

export function rulesOf(text: string): Rules {
  const parsed = parseRules(text, "test.rules");
  expect(parsed).toMatchObject({ type: "parsed" });
  return parsed.type === "parsed" ? parsed.rules : { prefixes: [], hosts: [], networks: [] };
}

export function policyOf(text: string): Policy {
  return createPolicy(rulesOf(text));
}

/** `LINE:COLUMN message` of the problem, or "parsed". */
export function problemOf(text: string): string {
  const parsed = parseRules(text, "test.rules");
  if (parsed.type === "parsed") return "parsed";
  const { line, column, message } = parsed.problem;
  return line === undefined ? message : `${line}:${column} ${message}`;
}
