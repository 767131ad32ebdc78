import type { Credentials, SessionDeps } from "@codex/protocol";

/** Ports of a session that may be brought along. All sessions share what is brought, and none of them closes it. */
export type SessionPorts = Partial<
  Pick<
    SessionDeps,
    "models" | "approvals" | "consents" | "hooks" | "environment" | "context" | "prompt_history" | "sinks" | "prices"
  >
> & {
  /** Who we are towards the model's server. */
  readonly credentials?: Credentials;
};

/** What was brought in the place of what is built in. Sinks are heard beside the session's own. */
export function withPorts(deps: SessionDeps, ports: SessionPorts): SessionDeps {
  const { approvals, consents, hooks, context, prompt_history, prices } = ports;
  return {
    ...deps,
    approvals: approvals ?? deps.approvals,
    consents: consents ?? deps.consents,
    hooks: hooks ?? deps.hooks,
    context: context ?? deps.context,
    prompt_history: prompt_history ?? deps.prompt_history,
    prices: { ...deps.prices, ...prices },
    sinks: [...deps.sinks, ...(ports.sinks ?? []).map((sink) => ({ ...kept, write: sink.write.bind(sink) }))],
    [Symbol.asyncDispose]: () => deps[Symbol.asyncDispose](),
  };
}

const kept = { close: () => Promise.resolve() };
