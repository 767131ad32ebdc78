import type {
  CodexDeps,
  EventMsg,
  OpenRequest,
  SessionDeps,
  SessionId,
  SessionLog,
  SessionMeta,
  SessionScope,
  StoredMeta,
  StoredSession,
} from "@codex/protocol";
import { copySession } from "../rollout/copy.js";
import { ephemeralLog } from "../rollout/ephemeral.js";
import type { Restored } from "../rollout/rebuild.js";
import { rebuild } from "../rollout/rebuild.js";
import type { SpentBefore } from "../limits/spent.js";
import { NOTHING_SPENT, spentLine } from "../limits/spent.js";
import { openingEvents } from "./opening-events.js";
import { SessionState } from "./state.js";

type Begun = {
  readonly session: SessionDeps;
  readonly log: SessionLog;
  readonly state: SessionState;
  /** By the session that is resumed; a new one, or a fork, has used nothing. */
  readonly spent?: SpentBefore;
};

/** What a session starts from. `opening`: the events that come before all others. */
export type Beginning = Begun & { readonly opening: readonly EventMsg[] };

/** New, from its own file, or from another's: its surroundings, its log and what it knows. */
export async function beginSession(deps: CodexDeps, request: OpenRequest, scope: SessionScope): Promise<Beginning> {
  const session = await deps.session(request, scope);
  try {
    const history = await session.prompt_history.facts();
    const begun = await begin(session, { deps, request, id: scope.id, signal: scope.signal });
    return { ...begun, opening: openingEvents({ ...begun, id: scope.id, history }) };
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

type Asked = {
  readonly deps: CodexDeps;
  readonly request: OpenRequest;
  readonly id: SessionId;
  readonly signal: AbortSignal;
};

async function begin(session: SessionDeps, asked: Asked): Promise<Begun> {
  const { deps, request } = asked;
  switch (request.type) {
    case "new": {
      const log = await createLog(session, asked);
      return { session, log, state: new SessionState(log) };
    }
    case "resume":
      return resume(session, asked, request.id);
    case "fork": {
      const source = await deps.store.read(request.id);
      const known = recall(session, source.meta);
      const log = await createLog(known, asked, { forked_from_id: request.id });
      const restored = await copyInto(log, source, request.before_turn);
      // what was copied was used by the other one
      log.append(spentLine(NOTHING_SPENT));
      return { session: told(known, restored), log, state: new SessionState(log, restored) };
    }
    default:
      return request satisfies never;
  }
}

async function resume(session: SessionDeps, asked: Asked, id: SessionId): Promise<Begun> {
  const { store } = asked.deps;
  if (asked.request.ephemeral === true) {
    const { meta, lines } = await store.read(id);
    const log = ephemeralLog();
    const restored = rebuild(lines);
    return {
      session: told(recall(session, meta), restored),
      log,
      state: new SessionState(log, restored),
      spent: restored.spent,
    };
  }
  const { meta, lines, log } = await store.load(id);
  try {
    const restored = rebuild(lines);
    const known = recall(session, meta);
    // the first line was lost: without one, nobody could tell whose file this is
    if (meta.id === undefined) log.append({ type: "session_meta", payload: await metaOf(known, asked) });
    return { session: told(known, restored), log, state: new SessionState(log, restored), spent: restored.spent };
  } catch (error) {
    await log.close();
    throw error;
  }
}

async function copyInto(log: SessionLog, source: StoredSession, before_turn: string | undefined): Promise<Restored> {
  try {
    return copySession(source, log, before_turn);
  } catch (error) {
    await log.close();
    throw error;
  }
}

async function createLog(
  session: SessionDeps,
  asked: Asked,
  origin: Pick<SessionMeta, "forked_from_id"> = {},
): Promise<SessionLog> {
  const { deps, request, id } = asked;
  if (request.ephemeral === true) return ephemeralLog();
  return deps.store.create(id, { ...(await metaOf(session, asked)), ...origin });
}

/** A conversation goes on with the base instructions that it began with, unless the user has others (core.md §5.5). */
function recall(session: SessionDeps, meta: StoredMeta): SessionDeps {
  const { context } = session;
  const { base_instructions, model_provider } = meta;
  const instructions = context.has_own_instructions
    ? context.instructions
    : (base_instructions ?? context.instructions);
  const now = session.settings.model_provider;
  const isElsewhere = model_provider !== undefined && model_provider !== now;
  const warning = `this session was held with the provider ${model_provider}; ${now} may not understand all of it`;
  return {
    ...session,
    context: { ...context, instructions },
    warnings: isElsewhere ? [...session.warnings, warning] : session.warnings,
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

/** Says so when another model takes over. */
function told(session: SessionDeps, { known }: Restored): SessionDeps {
  const { model } = session.settings;
  if (known === undefined || known.model === model) return session;
  const warning = `this session was held with the model ${known.model}; it goes on with ${model}`;
  return {
    ...session,
    warnings: [...session.warnings, warning],
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

async function metaOf(session: SessionDeps, { deps, request, id, signal }: Asked): Promise<SessionMeta> {
  const git = await session.context.repository(session.settings.cwd, signal);
  return {
    session_id: id,
    id,
    timestamp: new Date(deps.clock.now()).toISOString(),
    cwd: session.settings.cwd,
    originator: deps.originator,
    cli_version: deps.version,
    source: request.source ?? "unknown",
    model_provider: session.settings.model_provider,
    base_instructions: { text: session.context.instructions },
    history_mode: "legacy",
    ...(Object.keys(git).length === 0 ? {} : { git }),
  };
}
