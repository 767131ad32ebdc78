import type { EventMsg, TurnSettings } from "@codex/protocol";
import type { SessionParts } from "./session.js";

/** The first event of a session: under which settings it stands. */
export async function configuredEvent(
  settings: TurnSettings,
  { scope, deps, log }: Pick<SessionParts, "scope" | "deps" | "log">,
): Promise<EventMsg> {
  const { withheld_vars = [] } = deps;
  const { log_id, entry_count } = await deps.prompt_history.facts();
  return {
    type: "session_configured",
    session_id: scope.id,
    model: settings.model,
    model_provider_id: settings.model_provider,
    approval_policy: settings.approval_policy,
    sandbox_policy: settings.sandbox_policy,
    cwd: settings.cwd,
    ...(settings.effort === undefined ? {} : { reasoning_effort: settings.effort }),
    ...(settings.summary === undefined ? {} : { reasoning_summary: settings.summary }),
    ...(log.path === undefined ? {} : { rollout_path: log.path }),
    history_log_id: log_id,
    history_entry_count: entry_count,
    ...(withheld_vars.length === 0 ? {} : { withheld_vars }),
  };
}
