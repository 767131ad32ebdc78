import type { JsonSchema, Tool, ToolCall, ToolContext, ToolOutput, ToolSpec } from "@codex/protocol";
import { messageOf } from "@codex/common";
import * as z from "zod/mini";

export type ToolDefinition<Schema extends z.ZodMiniType> = {
  readonly name: string;
  /** For the model: what it does and when to use it. */
  readonly description: string;
  readonly parameters: Schema;
  /** May run beside its siblings. Default: no. */
  readonly parallel?: boolean;
  /** Answered when called, but not offered. */
  readonly hidden?: boolean;
  run(args: z.output<Schema>, call: ToolCall, context: ToolContext): Promise<ToolOutput>;
};

/** A function tool whose arguments are checked against a schema before it runs. */
export function defineTool<Schema extends z.ZodMiniType>(definition: ToolDefinition<Schema>): Tool {
  return {
    name: definition.name,
    spec: definition.hidden === true ? undefined : specOf(definition),
    parallel: definition.parallel === true,
    async invoke(call, context) {
      const args = parseArguments(definition.parameters, call.text);
      if (args.type === "failed") return failure(`failed to parse function arguments: ${args.message}`);
      return definition.run(args.value, call, context);
    },
  };
}

export function success(text: string): ToolOutput {
  return { success: true, content: [{ type: "input_text", text }] };
}

/** A failure that the model reads and can repair. */
export function failure(text: string): ToolOutput {
  return { success: false, content: [{ type: "input_text", text }] };
}

function specOf<Schema extends z.ZodMiniType>(definition: ToolDefinition<Schema>): ToolSpec {
  return {
    type: "function",
    name: definition.name,
    description: definition.description,
    strict: false,
    parameters: jsonSchemaOf(definition.parameters),
  };
}

function jsonSchemaOf(schema: z.ZodMiniType): JsonSchema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema);
  return { ...rest, additionalProperties: false };
}

export type Parsed<T> =
  { readonly type: "parsed"; readonly value: T } | { readonly type: "failed"; readonly message: string };

/** What every version of zod can do with a value. */
export type SafeParser<T> = {
  safeParse(
    value: unknown,
  ): { readonly success: true; readonly data: T } | { readonly success: false; readonly error: ParseProblem };
};

type ParseProblem = {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
};

/** Arguments as the model wrote them, checked; the first problem is told with its place. */
export function parseArguments<T>(schema: SafeParser<T>, text: string): Parsed<T> {
  let foreign: unknown;
  try {
    foreign = JSON.parse(text === "" ? "{}" : text);
  } catch (error) {
    return { type: "failed", message: messageOf(error) };
  }
  const result = schema.safeParse(foreign);
  if (result.success) return { type: "parsed", value: result.data };
  const first = result.error.issues[0];
  const where = first === undefined || first.path.length === 0 ? "arguments" : `\`${first.path.join(".")}\``;
  return { type: "failed", message: `${where}: ${first?.message ?? "invalid"}` };
}
