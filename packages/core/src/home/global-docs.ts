import { readFile } from "node:fs/promises";
import path from "node:path";

export type GlobalDocs = { readonly text: string; readonly file: { readonly path: string; readonly bytes: number } };

/** The user's own instructions: AGENTS.override.md or AGENTS.md of CODEX_HOME, trimmed (core.md §3.3). */
export async function readGlobalDocs(home: string): Promise<GlobalDocs | undefined> {
  for (const name of ["AGENTS.override.md", "AGENTS.md"]) {
    const file = path.join(home, name);
    const text = (await readFile(file, "utf8").catch(() => "")).trim();
    if (text !== "") return { text, file: { path: file, bytes: Buffer.byteLength(text) } };
  }
  return undefined;
}
