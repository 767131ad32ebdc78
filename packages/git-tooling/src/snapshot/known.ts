import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Folder } from "./folder-state.js";
import { freeze, thaw } from "./folder-state.js";

/** What a look has found, for the next session, which then only reads what is new. `undefined`: nothing, or torn. */
export function readKnown(path: string): Folder | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return thaw(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    // torn: everything is read again
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function writeKnown(path: string, known: Folder): void {
  const beside = `${path}.${process.pid}.new`;
  writeFileSync(beside, JSON.stringify(freeze(known)), { mode: 0o600 });
  renameSync(beside, path);
}
