import type { JsonSchema } from "@codex/protocol";
import { CodexError, messageOf } from "@codex/common";
import type { SafeParser } from "../tools/define.js";
import { parseArguments } from "../tools/define.js";
import { isParser, jsonSchemaOf } from "../tools/zod-schema.js";
import { TurnFailed } from "./turn.js";

/** What a final answer has to satisfy: a JSON Schema, or a schema of zod 4 (also mini) or zod 3. */
export type OutputSchema<T = unknown> = JsonSchema | SafeParser<T>;

/** As the model's server takes it. Throws `bad_request` for a schema that cannot be told. */
export async function serverSchemaOf(schema: OutputSchema): Promise<JsonSchema> {
  if (!isParser(schema)) return schema;
  let told: JsonSchema | undefined;
  try {
    told = await jsonSchemaOf(schema, "output");
  } catch (error) {
    throw new CodexError("bad_request", `the outputSchema cannot be used: ${messageOf(error)}`, { cause: error });
  }
  if (told !== undefined) return told;
  throw new CodexError("bad_request", "the outputSchema is neither a zod schema nor a JSON Schema");
}

/** The final answer as its schema parses it. Throws `turn_failed` with the reason `decode_failed`. */
export function outputOf<T>(schema: SafeParser<T>, finalResponse: string): T {
  const parsed = parseArguments(schema, finalResponse);
  if (parsed.type === "parsed") return parsed.value;
  const message = `the final answer does not fit the outputSchema: ${parsed.message}`;
  throw new TurnFailed({ message, code: "decode_failed" });
}
