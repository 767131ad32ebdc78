import * as z from "zod/mini";
import { SCHEMAS } from "./words.js";

type JsonSchema = Readonly<Record<string, unknown>>;

const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/** One JSON Schema for each word; they refer to each other as `NAME.json`. Fields that nobody knows are allowed. */
export function schemaFiles(): Readonly<Record<string, JsonSchema>> {
  return build((name) => `${name}.json`);
}

/** The same as one document: each word stands under `$defs`. */
export function schemaDocument(): JsonSchema {
  const words = Object.entries(build((name) => `#/$defs/${name}`)).map(([name, schema]) => {
    return [name, Object.fromEntries(Object.entries(schema).filter(([key]) => key !== "$id" && key !== "$schema"))];
  });
  return { $schema: DIALECT, title: "Codex protocol", $defs: Object.fromEntries(words) };
}

function build(uri: (name: string) => string): Readonly<Record<string, JsonSchema>> {
  const registry = z.registry<{ id: string }>();
  for (const [name, schema] of Object.entries(SCHEMAS)) registry.add(schema, { id: name });
  const { schemas } = z.toJSONSchema(registry, { io: "input", target: "draft-2020-12", uri });
  return schemas;
}
