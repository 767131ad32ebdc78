import type { JsonSchema } from "@codex/protocol";
import * as z from "zod/mini";
import type { ZodSchema } from "zod/v3";
import type { SafeParser } from "./define.js";

/** A schema of any zod, beside a JSON Schema, which nothing parses by itself. */
export function isParser<T>(schema: SafeParser<T> | JsonSchema): schema is SafeParser<T> {
  return "safeParse" in schema && typeof schema.safeParse === "function";
}

/**
 * A zod schema as JSON Schema: of what it takes (`input`: a value with a default may be left out) or of what it gives.
 * `undefined`: it is none of a zod we know. Throws what zod says of a type that JSON cannot hold. zod 4 translates
 * itself; for zod 3 a translator is loaded.
 */
export async function jsonSchemaOf(schema: unknown, io: "input" | "output"): Promise<JsonSchema | undefined> {
  if (isZod4(schema)) return withoutDialect(z.toJSONSchema(schema, { io }));
  if (!isZod3(schema)) return undefined;
  const { zodToJsonSchema } = await import("zod-to-json-schema");
  return withoutDialect(zodToJsonSchema(schema, { $refStrategy: "none", pipeStrategy: io }));
}

function isZod4(schema: unknown): schema is z.core.$ZodType {
  return typeof schema === "object" && schema !== null && "_zod" in schema;
}

function isZod3(schema: unknown): schema is ZodSchema {
  return typeof schema === "object" && schema !== null && "_def" in schema;
}

function withoutDialect(schema: object): JsonSchema {
  const { $schema: _dialect, ...rest }: JsonSchema = { ...schema };
  return { ...rest, additionalProperties: false };
}
