import { readFile } from "node:fs/promises";
import path from "node:path";

/** The user's own instructions: AGENTS.override.md or AGENTS.md of CODEX_HOME, trimmed; empty: none (core.md §3.3). */
export async function readGlobalDocs(home: string): Promise<string> {
  for (const name of ["AGENTS.override.md", "AGENTS.md"]) {
    const text = await readFile(path.join(home, name), "utf8").catch(() => "");
    if (text.trim() !== "") return text.trim();
  }
  return "";
}
