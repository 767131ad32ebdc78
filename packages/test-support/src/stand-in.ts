import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import ts from "typescript";

/** Makes a program of one TypeScript file that imports nothing of ours; returns its path below the folder. */
export function standInProgram(source: URL, folder: string): string {
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  const file = join(folder, `${basename(source.pathname, ".ts")}.mjs`);
  writeFileSync(file, ts.transpileModule(readFileSync(source, "utf8"), { compilerOptions: options }).outputText);
  return file;
}
