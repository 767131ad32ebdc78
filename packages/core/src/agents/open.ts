import type { Config } from "@codex/config";
import type { SessionScope, ToolSource } from "@codex/protocol";
import { AgentPool } from "./pool.js";
import { agentTools } from "./source.js";

/** A session that may have no sub-agents of its own is not told of them; the engine refuses those it asks for. */
export function openAgents(
  config: Config,
  scope: SessionScope,
  { agents }: { readonly agents?: boolean },
): readonly ToolSource[] {
  const is_wanted = agents ?? config.features["multi_agent"] === true;
  if (!is_wanted) return [];
  const { max_agent_depth = 1, max_agents } = config.limits;
  const may_open = max_agents !== 0 && (scope.parent?.depth ?? 0) < max_agent_depth;
  return [agentTools(new AgentPool(scope), may_open ? "offered" : "hidden")];
}
