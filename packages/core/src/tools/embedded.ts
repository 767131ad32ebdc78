import { CodexError, messageOf } from "@codex/common";
import type { Action, JsonSchema, Tool, ToolCall, ToolContext, ToolOutput, ToolSource } from "@codex/protocol";
import type { fromJSONSchema as fromJsonSchema } from "zod";
import * as z from "zod/mini";
import type { ZodSchema } from "zod/v3";
import { refusalText } from "../approvals/refusal.js";
import type { SafeParser } from "./define.js";
import { failure, parseArguments, success } from "./define.js";

/** A tool of whoever embeds Codex. */
export type EmbeddedDefinition<Args> = {
  /** Letters, digits, `_` and `-`, at most 64. */
  readonly name: string;
  /** For the model: what it does and when to use it. */
  readonly description: string;
  /** A schema of zod 4 (also mini) or zod 3; arguments that do not fit are told to the model, and nothing runs. */
  readonly parameters: SafeParser<Args>;
  /** May run beside its siblings. Default: no. */
  readonly parallel?: boolean;
  /** What it is asked about as: a tool of a server, which runs outside the sandbox. Absent: it is never asked about. */
  readonly asks?: { readonly server: string; readonly hints: Extract<Action, { type: "mcp_call" }>["hints"] };
  /** A text is a success. What it throws is a failure that the model reads. Settles soon after `context.signal`. */
  run(args: Args, context: ToolContext, call: ToolCall): Promise<ToolOutput | string>;
  /** Called once, when the session ends. */
  close?(): Promise<void>;
};

/** The same over a JSON Schema; the arguments are checked against it. */
export type JsonSchemaDefinition = Omit<EmbeddedDefinition<unknown>, "parameters"> & {
  readonly parameters: JsonSchema;
};

/** A tool for `createCodex({ tools })`. */
export type EmbeddedTool = {
  readonly name: string;
  /** Throws `bad_request` for a name or a schema that cannot be told to a model. */
  prepare(): Promise<Tool>;
  close(): Promise<void>;
};

/** Defines a tool in TypeScript; the type of its arguments comes from the schema. */
export function defineTool<Args>(definition: EmbeddedDefinition<Args>): EmbeddedTool;
export function defineTool(definition: JsonSchemaDefinition): EmbeddedTool;
export function defineTool<Args>(definition: EmbeddedDefinition<Args> | JsonSchemaDefinition): EmbeddedTool {
  return {
    name: definition.name,
    close: async () => definition.close?.(),
    prepare: () => (isParsing(definition) ? prepareZod(definition) : prepareJson(definition)),
  };
}

/** The tools of an embedder; schemas are translated when a first turn asks for them. */
export function embeddedTools(tools: readonly EmbeddedTool[]): ToolSource {
  let prepared: Promise<readonly Tool[]> | undefined;
  return {
    name: "embedder",
    tools: () => (prepared ??= Promise.all(tools.map((tool) => tool.prepare()))),
    async [Symbol.asyncDispose]() {
      for (const tool of tools) await tool.close();
    },
  };
}

function isParsing<Args>(
  definition: EmbeddedDefinition<Args> | JsonSchemaDefinition,
): definition is EmbeddedDefinition<Args> {
  return typeof definition.parameters["safeParse"] === "function";
}

async function prepareZod<Args>(definition: EmbeddedDefinition<Args>): Promise<Tool> {
  return toolOf(definition, await jsonSchemaOf(definition.name, definition.parameters));
}

async function prepareJson(definition: JsonSchemaDefinition): Promise<Tool> {
  const { fromJSONSchema } = await import("./json-schema-parser.js");
  const { name, parameters } = definition;
  if (!isJsonSchema(parameters)) throw badTool(name, "the parameters have to be an object");
  let parser: SafeParser<unknown>;
  try {
    parser = fromJSONSchema(parameters);
  } catch (error) {
    throw badTool(name, `its JSON Schema cannot be used: ${messageOf(error)}`);
  }
  return toolOf({ ...definition, parameters: parser }, parameters);
}

function toolOf<Args>(definition: EmbeddedDefinition<Args>, parameters: JsonSchema): Tool {
  const { name, description } = definition;
  if (!/^[\w-]{1,64}$/.test(name)) throw badTool(name, "a name has letters, digits, _ and -, at most 64");
  if (parameters["type"] !== "object") throw badTool(name, "the parameters have to be an object");
  return {
    name,
    spec: { type: "function", name, description, strict: false, parameters },
    parallel: definition.parallel === true,
    async invoke(call, context) {
      const args = parseArguments(definition.parameters, call.text);
      if (args.type === "failed") return failure(`failed to parse function arguments: ${args.message}`);
      const run = async (): Promise<ToolOutput> => {
        const output = await definition.run(args.value, context, call);
        return typeof output === "string" ? success(output) : output;
      };
      return definition.asks === undefined ? run() : runAsked({ name, ...definition.asks }, run, context);
    },
  };
}

type AskedTool = NonNullable<EmbeddedDefinition<unknown>["asks"]> & { readonly name: string };

/** Under the guard, as what it says of itself (core.md §4.3). */
async function runAsked(
  { name, server, hints }: AskedTool,
  run: () => Promise<ToolOutput>,
  { guard }: ToolContext,
): Promise<ToolOutput> {
  const action = { type: "mcp_call", server, tool: name, hints } as const;
  const attempt = await guard.run(action, async () => ({ type: "done", value: await run() }));
  if (attempt.type === "refused") return failure(refusalText("tool call", attempt));
  return attempt.value ?? failure("the tool gave no answer");
}

/** zod 4 translates itself; for zod 3 a translator is loaded. */
async function jsonSchemaOf(name: string, parameters: unknown): Promise<JsonSchema> {
  if (isZod4(parameters)) return withoutDialect(z.toJSONSchema(parameters));
  if (!isZod3(parameters)) throw badTool(name, "the parameters are neither a zod schema nor a JSON Schema");
  const { zodToJsonSchema } = await import("zod-to-json-schema");
  return withoutDialect(zodToJsonSchema(parameters, { $refStrategy: "none" }));
}

function isZod4(schema: unknown): schema is z.core.$ZodType {
  return typeof schema === "object" && schema !== null && "_zod" in schema;
}

function isZod3(schema: unknown): schema is ZodSchema {
  return typeof schema === "object" && schema !== null && "_def" in schema;
}

type JsonSchemaInput = Parameters<typeof fromJsonSchema>[0];

function isJsonSchema(schema: JsonSchema): schema is JsonSchema & Exclude<JsonSchemaInput, boolean> {
  return schema["type"] === "object";
}

function withoutDialect(schema: object): JsonSchema {
  const { $schema: _dialect, ...rest }: JsonSchema = { ...schema };
  return { ...rest, additionalProperties: false };
}

function badTool(name: string, problem: string): CodexError<"bad_request"> {
  return new CodexError("bad_request", `the tool ${JSON.stringify(name)} cannot be offered: ${problem}`);
}
