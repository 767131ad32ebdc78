import * as z from "zod";
import * as mini from "zod/mini";
import * as z3 from "zod/v3";
import type { Tool, ToolContext, ToolOutput } from "@codex/protocol";
import { callId } from "@codex/protocol";
import { describe, expect, it } from "vitest";
import { defineTool, embeddedTools } from "../../src/tools/embedded.js";
import type { EmbeddedTool } from "../../src/tools/embedded.js";
import { createGuards } from "../../src/tools/guard.js";
import { testApprovals } from "../support/approvals.js";
import { execAction } from "../support/exec-action.js";
import { testTurn } from "../support/turn.js";

const turn = testTurn();
const guards = createGuards({ turn, ...testApprovals(), announceRule: () => undefined, abortTurn: () => undefined });
const context: ToolContext = { turn, guard: guards.forCall(callId("c1")), signal: turn.signal };

async function prepared(tool: EmbeddedTool): Promise<Tool> {
  const [only] = await embeddedTools([tool]).tools(turn);
  if (only === undefined) throw new Error("no tool");
  return only;
}

const invoke = (tool: Tool, args: unknown): Promise<ToolOutput> =>
  tool.invoke({ call_id: callId("c1"), name: tool.name, kind: "function", text: JSON.stringify(args) }, context);
const textOf = ({ content }: ToolOutput): string =>
  content.map((part) => (part.type === "input_text" ? part.text : "")).join("");

const SCHEMA = {
  type: "object",
  properties: { city: { type: "string" }, days: { type: "integer", minimum: 1 } },
  required: ["city"],
  additionalProperties: false,
};

const run = (args: { city: string; days?: number | undefined }): Promise<string> =>
  Promise.resolve(`${args.city}: ${args.days ?? 1}`);

describe("a tool defined in TypeScript", () => {
  const base = { name: "weather", description: "Tells the weather." };
  const tools: [string, EmbeddedTool][] = [
    [
      "zod 4",
      defineTool({ ...base, parameters: z.object({ city: z.string(), days: z.int().min(1).optional() }), run }),
    ],
    [
      "zod 4 mini",
      defineTool({
        ...base,
        parameters: mini.object({ city: mini.string(), days: mini.optional(mini.int().check(mini.gte(1))) }),
        run,
      }),
    ],
    [
      "zod 3",
      defineTool({
        ...base,
        parameters: z3.object({ city: z3.string(), days: z3.number().int().min(1).optional() }),
        run,
      }),
    ],
    [
      "JSON Schema",
      defineTool({
        ...base,
        parameters: SCHEMA,
        run: (args) => Promise.resolve(run(z.object({ city: z.string(), days: z.number().optional() }).parse(args))),
      }),
    ],
  ];

  it.each(tools)("%s: the model is told its schema", async (_name, tool) => {
    const { spec } = await prepared(tool);
    expect(spec).toMatchObject({ type: "function", name: "weather", description: "Tells the weather.", strict: false });
    expect(spec !== undefined && "parameters" in spec ? spec.parameters : {}).toMatchObject({
      type: "object",
      properties: { city: { type: "string" }, days: { type: "integer", minimum: 1 } },
      required: ["city"],
      additionalProperties: false,
    });
    expect(JSON.stringify(spec)).not.toContain("$schema");
  });

  it.each(tools)("%s: it runs with arguments that fit, and only with those", async (_name, tool) => {
    const ready = await prepared(tool);
    expect(await invoke(ready, { city: "Oslo", days: 3 })).toEqual({
      success: true,
      content: [{ type: "input_text", text: "Oslo: 3" }],
    });
    for (const wrong of [{}, { city: 7 }, { city: "Oslo", days: 0 }, { city: "Oslo", days: "3" }]) {
      const output = await invoke(ready, wrong);
      expect([output.success, textOf(output)]).toEqual([
        false,
        expect.stringMatching(/^failed to parse function arguments: `(city|days)`: /),
      ]);
    }
  });

  it.each([
    ["a name with blanks", defineTool({ ...base, name: "get weather", parameters: z.object({}), run: async () => "" })],
    ["parameters that are no object", defineTool({ ...base, parameters: z.string(), run: async () => "" })],
    [
      "a JSON Schema that is none",
      defineTool({ ...base, parameters: { type: "object", properties: { a: { type: "nope" } } }, run: async () => "" }),
    ],
    ["a JSON Schema of a text", defineTool({ ...base, parameters: { type: "string" }, run: async () => "" })],
  ])("%s is an error of whoever wrote it", async (_name, tool) => {
    await expect(embeddedTools([tool]).tools(turn)).rejects.toMatchObject({ code: "bad_request" });
  });

  it("may run commands, under the same guard as every other tool", async () => {
    const tool = defineTool({
      ...base,
      parameters: z.object({ script: z.string() }),
      async run({ script }, { guard }) {
        const argv = ["bash", "-lc", script];
        const action = execAction(argv);
        const attempt = await guard.run(action, () => Promise.resolve({ type: "done", value: "ran" }));
        return attempt.type;
      },
    });
    const ready = await prepared(tool);
    expect(textOf(await invoke(ready, { script: "ls" }))).toBe("done");
    expect(textOf(await invoke(ready, { script: "rm -rf /" }))).toBe("refused");
  });

  it("is closed with the session", async () => {
    const closed: string[] = [];
    const source = embeddedTools([
      defineTool({ ...base, parameters: z.object({}), run: async () => "", close: async () => void closed.push("a") }),
      defineTool({ ...base, name: "other", parameters: z.object({}), run: async () => "" }),
    ]);
    await source[Symbol.asyncDispose]();
    expect(closed).toEqual(["a"]);
  });
});

describe("what people write who did not read everything", () => {
  const base = { name: "weather", description: "Tells the weather." };
  const parameters = z.object({});

  it("a value with a default may be left out by the model, in any zod", async () => {
    const asked: unknown[] = [];
    const city = async (args: { city: string }): Promise<string> => `${asked.push(args.city)}`;
    const tools = [
      defineTool({ ...base, parameters: z.object({ city: z.string().default("Rome") }), run: city }),
      defineTool({ ...base, parameters: mini.object({ city: mini._default(mini.string(), "Rome") }), run: city }),
      defineTool({ ...base, parameters: z3.object({ city: z3.string().default("Rome") }), run: city }),
    ];
    for (const tool of tools) {
      const { spec, ...rest } = await prepared(tool);
      expect(JSON.stringify(spec)).not.toContain("required");
      await invoke({ spec, ...rest }, {});
    }
    expect(asked).toEqual(["Rome", "Rome", "Rome"]);
  });

  it("a value may be changed on its way in", async () => {
    const tool = defineTool({
      ...base,
      parameters: z.object({ day: z.string().transform((text) => new Date(text)) }),
      run: async ({ day }) => day.toISOString(),
    });
    expect(textOf(await invoke(await prepared(tool), { day: "2026-01-02" }))).toBe("2026-01-02T00:00:00.000Z");
  });

  it("a schema that JSON cannot hold is told with the name of its tool", async () => {
    const tool = defineTool({ ...base, parameters: z.object({ day: z.date() }), run: async () => "" });
    await expect(prepared(tool)).rejects.toMatchObject({
      code: "bad_request",
      message: expect.stringContaining('"weather"'),
    });
  });

  it("a tool that gives neither text nor output says so", async () => {
    for (const given of ["null", '{ "users": 3 }']) {
      const run = async (): Promise<string> => JSON.parse(given);
      const tool = await prepared(defineTool({ ...base, parameters, run }));
      await expect(invoke(tool, {})).rejects.toThrow("the tool weather gave neither a text nor { success, content }");
    }
  });

  it("a tool that is deaf to its signal does not hold the turn for ever", async () => {
    const controller = new AbortController();
    const tool = await prepared(defineTool({ ...base, parameters, run: () => new Promise(() => undefined) }));
    const call = { call_id: callId("c1"), name: tool.name, kind: "function", text: "{}" } as const;
    const running = tool.invoke(call, { ...context, signal: controller.signal });
    controller.abort(new Error("stopped"));
    await expect(running).rejects.toThrow("stopped");
  });

  it("a tool that cleans up after its signal is waited for", async () => {
    const controller = new AbortController();
    let isClean = false;
    const run = (_args: unknown, { signal }: ToolContext): Promise<string> =>
      new Promise((_resolve, reject) => {
        const clean = (): void => {
          isClean = true;
          reject(new Error("cleaned"));
        };
        signal.addEventListener("abort", () => setImmediate(clean));
      });
    const tool = await prepared(defineTool({ ...base, parameters, run }));
    const call = { call_id: callId("c1"), name: tool.name, kind: "function", text: "{}" } as const;
    const running = tool.invoke(call, { ...context, signal: controller.signal });
    controller.abort(new Error("stopped"));
    await expect(running).rejects.toThrow("cleaned");
    expect(isClean).toBe(true);
  });
});
