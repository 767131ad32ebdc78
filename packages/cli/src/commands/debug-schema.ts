import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { schemaDocument, schemaFiles } from "@codex/protocol/schema";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { parse } from "../flags.js";
import { printParsed } from "../print-parsed.js";

/** `codex debug schema [--out DIR]`: JSON Schema of everything that crosses the wire (core.md §1). */
export async function debugSchema(argv: readonly string[]): Promise<ExitCode> {
  const command = new Command("codex debug schema")
    .description("Print JSON Schema of the protocol: ops, events, items, exec --json lines, session files.")
    .option("--out <DIR>", "write one file for each type instead");
  const parsed = parse(command, argv, () => command.opts<{ readonly out?: string }>());
  if (parsed.type !== "run") return printParsed(parsed, "debug schema");
  const { out } = parsed.value;
  if (out === undefined) {
    process.stdout.write(textOf(schemaDocument()));
    return EXIT.ok;
  }
  await mkdir(out, { recursive: true });
  const files = Object.entries(schemaFiles());
  for (const [name, schema] of files) await writeFile(join(out, `${name}.json`), textOf(schema));
  process.stdout.write(`${files.length} schemas in ${out}\n`);
  return EXIT.ok;
}

function textOf(schema: object): string {
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}
