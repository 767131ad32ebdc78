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
  let spec: ToolSpec | undefined;
  return {
    name: definition.name,
    // worked out for the tools that are offered
    get spec() {
      if (definition.hidden !== true) spec ??= specOf(definition);
      return spec;
    },
    parallel: definition.parallel === true,
    async invoke(call, context) {
      const args = parseArguments(definition.parameters, call.text);
      if (args.type === "failed") return failure(`failed to parse function arguments: ${args.message}`);
      return definition.run(args.value, call, context);
    },
  };
}

/** A text for the model. */
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

type ParseProblem = { readonly issues: readonly Issue[] };

/** A problem in the words of any version of zod; zod 4 gives what was wrong, its small form no words for it. */
type Issue = {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly code?: string | undefined;
  readonly expected?: unknown;
  readonly values?: unknown;
  readonly minimum?: unknown;
  readonly maximum?: unknown;
  readonly keys?: unknown;
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
  const [first] = result.error.issues;
  const path = first?.path ?? [];
  const where = path.length === 0 ? "arguments" : `\`${path.join(".")}\``;
  const what = first === undefined ? "invalid" : describeIssue(first, valueAt(foreign, path));
  return { type: "failed", message: `${where}: ${what}` };
}

/** What zod's small form says when it has no words of its own. */
const WORDLESS = "Invalid input";

function describeIssue(issue: Issue, value: unknown): string {
  if (issue.message !== WORDLESS) return issue.message;
  if (value === undefined) return "missing";
  switch (issue.code) {
    case "invalid_type":
      return `expected ${String(issue.expected)}, got ${typeNameOf(value)}`;
    case "invalid_value":
      return `expected one of ${JSON.stringify(issue.values)}, got ${shortened(value)}`;
    case "too_small":
      return `expected at least ${String(issue.minimum)}, got ${sizeOf(value)}`;
    case "too_big":
      return `expected at most ${String(issue.maximum)}, got ${sizeOf(value)}`;
    case "unrecognized_keys":
      return `unknown: ${JSON.stringify(issue.keys)}`;
    case undefined:
    default:
      return `${WORDLESS}: ${shortened(value)}`;
  }
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined),
    value,
  );
}

function typeNameOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function sizeOf(value: unknown): string {
  return typeof value === "string" || Array.isArray(value) ? `${value.length}` : shortened(value);
}

function shortened(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
