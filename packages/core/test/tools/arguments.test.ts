import * as z from "zod/mini";
import { expect, it } from "vitest";
import { parseArguments } from "../../src/tools/define.js";

const schema = z.object({
  command: z.string().check(z.minLength(1)),
  lines: z.optional(z.number().check(z.gte(1), z.lte(100))),
  plan: z.optional(z.array(z.object({ step: z.string(), status: z.enum(["pending", "done"]) })).check(z.maxLength(1))),
});

it.each([
  ["{}", "`command`: missing"],
  ['{"command":["ls"]}', "`command`: expected string, got array"],
  ['{"command":null}', "`command`: expected string, got null"],
  ['{"command":""}', "`command`: expected at least 1, got 0"],
  ['{"command":"ls","lines":"3"}', "`lines`: expected number, got string"],
  ['{"command":"ls","lines":0}', "`lines`: expected at least 1, got 0"],
  ['{"command":"ls","lines":101}', "`lines`: expected at most 100, got 101"],
  ['{"command":"ls","plan":[{"step":"a"}]}', "`plan.0.status`: missing"],
  [
    '{"command":"ls","plan":[{"step":"a","status":"x"}]}',
    '`plan.0.status`: expected one of ["pending","done"], got "x"',
  ],
  [
    '{"command":"ls","plan":[{"step":"a","status":"done"},{"step":"b","status":"done"}]}',
    "`plan`: expected at most 1, got 2",
  ],
  ["[]", "arguments: expected object, got array"],
])("%s is told as %s, so that the model can repair it", (text, message) => {
  expect(parseArguments(schema, text)).toEqual({ type: "failed", message });
});

it("what is no JSON is told with its place", () => {
  expect(parseArguments(schema, '{"command": "ls')).toMatchObject({
    type: "failed",
    message: expect.stringMatching(/JSON.*position 15/),
  });
});
