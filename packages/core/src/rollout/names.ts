import { readFileSync } from "node:fs";
import path from "node:path";
import type { SessionId } from "@codex/protocol";
import { isSessionId } from "@codex/protocol";
import { codeOf, fieldsOf, parseJson, textOf } from "@codex/common";

/** The newest line about a session decides its name (core.md §5.7, rollout-live.md §7.4). */
export function sessionNamed(home: string, name: string): SessionId | undefined {
  const renamed = new Set<string>();
  for (const line of linesOf(path.join(home, "session_index.jsonl")).reverse()) {
    const entry = fieldsOf(parseJson(line));
    const id = textOf(entry["id"]);
    if (id === undefined || renamed.has(id) || !isSessionId(id)) continue;
    if (entry["thread_name"] === name) return id;
    renamed.add(id);
  }
  return undefined;
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}
