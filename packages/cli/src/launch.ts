#!/usr/bin/env node
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { Script } from "node:vm";

/**
 * Starts the program with what V8 compiled when it was built (code-cache.ts): compiling is more than a third of a
 * start. V8 itself refuses code of another version; then the program is compiled as ever.
 */
const program = path.join(__dirname, "codex.js");
const compiled = `${program}.cache`;
// ASCII and a function, both by the build (program-text.ts)
const script = new Script(readFileSync(program, "latin1"), { filename: program, cachedData: readCompiled() });
if (process.env["CODEX_WRITE_CODE_CACHE"] === compiled) {
  process.once("exit", () => writeFileSync(compiled, script.createCachedData()));
}
const run: unknown = script.runInThisContext();
if (isProgram(run)) run(createRequire(program), program, __dirname);

function isProgram(value: unknown): value is (require: NodeJS.Require, file: string, folder: string) => void {
  return typeof value === "function";
}

function readCompiled(): Buffer | undefined {
  try {
    return readFileSync(compiled);
  } catch {
    return undefined;
  }
}
