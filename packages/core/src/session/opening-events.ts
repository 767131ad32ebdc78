import type { EventMsg, PromptHistory, SessionDeps, SessionId, SessionLog } from "@codex/protocol";

type Configured = {
  readonly id: SessionId;
  readonly session: SessionDeps;
  readonly log: SessionLog;
  readonly history: Awaited<ReturnType<PromptHistory["facts"]>>;
};

/** The first events of a session: under which settings it stands, then what is wrong with them (core.md §1.1). */
export function openingEvents({ id, session, log, history }: Configured): readonly [EventMsg, ...EventMsg[]] {
  const { settings, withheld_vars = [] } = session;
  const configured: EventMsg = {
    type: "session_configured",
    session_id: id,
    model: settings.model,
    model_provider_id: settings.model_provider,
    approval_policy: settings.approval_policy,
    sandbox_policy: settings.sandbox_policy,
    cwd: settings.cwd,
    ...(settings.effort === undefined ? {} : { reasoning_effort: settings.effort }),
    ...(settings.summary === undefined ? {} : { reasoning_summary: settings.summary }),
    ...(log.path === undefined ? {} : { rollout_path: log.path }),
    history_log_id: history.log_id,
    history_entry_count: history.entry_count,
    ...(withheld_vars.length === 0 ? {} : { withheld_vars }),
  };
  return [configured, ...session.warnings.map((message) => ({ type: "warning", message }) as const)];
}
