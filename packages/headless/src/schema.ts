import { readFile } from "node:fs/promises";
import { CodexError, messageOf } from "@codex/common";

/**
 * The JSON of `--output-schema`. Any JSON value is passed on as it is; whether it is a schema is the server's to say
 * (live.md §1.2). Throws code `bad_request`.
 */
export async function readOutputSchema(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new CodexError("bad_request", `cannot read the output schema ${path}: ${messageOf(error)}`, { cause: error });
  });
  try {
    const schema: unknown = JSON.parse(text);
    return schema;
  } catch (error) {
    throw new CodexError("bad_request", `the output schema ${path} is not valid JSON: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
