import { CodexError, createController, messageOf, onAbort, unlessAborted } from "@codex/common";
import type { Action, JsonSchema, Tool, ToolCall, ToolContext, ToolOutput, ToolSource } from "@codex/protocol";
import type { fromJSONSchema as fromJsonSchema } from "zod";
import { refusalText } from "../approvals/refusal.js";
import type { SafeParser } from "./define.js";
import { failure, parseArguments, success } from "./define.js";
import { isParser, jsonSchemaOf } from "./zod-schema.js";

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
  /**
   * A text is a success. What it throws is a failure that the model reads. After `context.signal` it is waited for
   * one second.
   */
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

/**
 * Defines a tool in TypeScript; the type of its arguments comes from the schema. What is wrong with it fails the first
 * turn, with `bad_request`.
 */
export function defineTool<Args>(definition: EmbeddedDefinition<Args>): EmbeddedTool;
/** The same over a JSON Schema; the arguments are `unknown`. */
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
  return isParser(definition.parameters);
}

async function prepareZod<Args>(definition: EmbeddedDefinition<Args>): Promise<Tool> {
  return toolOf(definition, await schemaOf(definition.name, definition.parameters));
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
        return outputFrom(name, await untilDeaf(definition.run(args.value, context, call), context.signal));
      };
      return definition.asks === undefined ? run() : runAsked({ name, ...definition.asks }, run, context);
    },
  };
}

/** Milliseconds that a tool has to clean up once its turn was stopped; longer it is not waited for. */
const GRACE = 1_000;

/** What a tool gives, unless it goes on after the signal as if it had not heard. */
async function untilDeaf<T>(running: Promise<T>, signal: AbortSignal): Promise<T> {
  const deaf = createController();
  let timer: NodeJS.Timeout | undefined;
  using _listener = onAbort(signal, () => (timer = setTimeout(() => deaf.abort(signal.reason), GRACE)));
  try {
    return await unlessAborted(running, deaf.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** Not every tool is written in TypeScript. */
function outputFrom(name: string, given: unknown): ToolOutput {
  if (typeof given === "string") return success(given);
  if (isOutput(given)) return given;
  throw new CodexError("bad_request", `the tool ${name} gave neither a text nor { success, content }`);
}

function isOutput(given: unknown): given is ToolOutput {
  return typeof given === "object" && given !== null && "content" in given && Array.isArray(given.content);
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

async function schemaOf(name: string, parameters: unknown): Promise<JsonSchema> {
  let schema: JsonSchema | undefined;
  try {
    schema = await jsonSchemaOf(parameters, "input");
  } catch (error) {
    throw badTool(name, messageOf(error));
  }
  if (schema === undefined) throw badTool(name, "the parameters are neither a zod schema nor a JSON Schema");
  return schema;
}

type JsonSchemaInput = Parameters<typeof fromJsonSchema>[0];

function isJsonSchema(schema: JsonSchema): schema is JsonSchema & Exclude<JsonSchemaInput, boolean> {
  return schema["type"] === "object";
}

function badTool(name: string, problem: string): CodexError<"bad_request"> {
  return new CodexError("bad_request", `the tool ${JSON.stringify(name)} cannot be offered: ${problem}`);
}
