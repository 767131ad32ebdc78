import type { Tool, ToolSource, ToolSpec, TurnContext } from "@codex/protocol";
import { CodexError } from "@codex/common";

/** The tools of one turn. */
export interface Router {
  /** What the model is told, in the order of the sources. */
  readonly specs: readonly ToolSpec[];
  find(name: string): Tool | undefined;
}

/** Merges the sources; two tools with one name are an error of whoever wired them. */
export async function createRouter(sources: readonly ToolSource[], turn: TurnContext): Promise<Router> {
  const byName = new Map<string, Tool>();
  for (const source of sources) {
    for (const tool of await source.tools(turn)) {
      if (byName.has(tool.name)) {
        throw new CodexError("bad_request", `two tools are named ${tool.name}: rename the one of ${source.name}`);
      }
      byName.set(tool.name, tool);
    }
  }
  const specs = [...byName.values()].map((tool) => tool.spec).filter((spec) => spec !== undefined);
  return { specs, find: (name) => byName.get(name) };
}
