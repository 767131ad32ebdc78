import type { Codex, CodexDeps, Event, EventMsg, OpenRequest, SessionDeps, SessionId } from "@codex/protocol";
import type { SessionScope, TurnId } from "@codex/protocol";
import { sessionId } from "@codex/protocol";
import { CodexError, createController, Queue } from "@codex/common";
import { Budget } from "./limits/budget.js";
import { budgetedEnvironment } from "./limits/environment.js";
import { LIST_PRICES } from "./limits/prices.js";
import { spentLine } from "./limits/spent.js";
import { askEvent, OpenAsks } from "./session/asks.js";
import { beginSession } from "./session/begin.js";
import { createEmitter } from "./session/emit.js";
import { Session } from "./session/session.js";
import { TurnAborted } from "./turn/aborted.js";

/** The engine, with nothing but ports. */
export function createEngine(deps: CodexDeps): Codex {
  const open = new Set<Session>();
  const opening = new Set<Promise<Session>>();
  const ended = createController();
  return {
    async open(request, signal) {
      signal?.throwIfAborted();
      ended.signal.throwIfAborted();
      const coming = openSession({ deps, request, siblings: open });
      opening.add(coming);
      const session = await coming.finally(() => opening.delete(coming));
      if (signal?.aborted === true || ended.signal.aborted) await session[Symbol.asyncDispose]();
      signal?.throwIfAborted();
      ended.signal.throwIfAborted();
      return session;
    },
    list: (query) => deps.store.list(query),
    named: (name) => deps.store.named(name),
    read: (id) => deps.store.read(id),
    async [Symbol.asyncDispose]() {
      ended.abort(new CodexError("bad_request", "this Codex was closed; create another one"));
      await Promise.allSettled(opening);
      await endAll(open);
    },
  };
}

type Opening = {
  readonly deps: CodexDeps;
  readonly request: OpenRequest;
  /** Holds the session while it is open. */
  readonly siblings: Set<Session>;
  readonly above?: { readonly session: SessionId; readonly depth: number; readonly budget: Budget };
};

async function openSession(opening: Opening): Promise<Session> {
  const { deps, request, siblings, above } = opening;
  const controller = createController();
  const outbox = new Queue<Event>();
  const asks = new OpenAsks();
  const emitter = new LateEmitter();
  const below = new Below(opening);
  const scope: SessionScope = {
    id: request.type === "resume" ? request.id : sessionId(deps.newId()),
    ...(above === undefined ? {} : { parent: { session: above.session, depth: above.depth } }),
    signal: controller.signal,
    emit: (message, turn) => emitter.emit(message, turn),
    ask: (kind, question, signal) => {
      emitter.emit(askEvent(kind, question), question.turn_id);
      return asks.wait(kind, question, signal);
    },
    open: (asked) => below.open(asked, scope),
  };
  const { log, session, state, spent, opening: first } = await beginSession(deps, request, scope);
  emitter.connect(createEmitter(log, session.sinks, outbox), first);
  const budget = new Budget(
    {
      limits: session.limits ?? {},
      run_limits: request.run_limits ?? {},
      prices: { ...LIST_PRICES, ...session.prices },
      ...(spent === undefined ? {} : { before: spent }),
      record: (total) => log.append(spentLine(total)),
    },
    above?.budget,
  );
  below.budget = budget;
  const opened = new Session({
    scope,
    deps: limited(session, budget),
    log,
    state,
    asks,
    outbox,
    budget,
    clock: deps.clock,
    newId: () => deps.newId(),
    end: async () => {
      await below.end();
      siblings.delete(opened);
      controller.abort(new TurnAborted("interrupted"));
    },
  });
  siblings.add(opened);
  return opened;
}

/** The engine holds the limits, whatever the ports do. */
function limited(session: SessionDeps, budget: Budget): SessionDeps {
  return {
    ...session,
    environment: budgetedEnvironment(session.environment, budget),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

/** The sessions that one has opened. They end before it does. */
class Below {
  readonly #opening: Opening;
  readonly #open = new Set<Session>();
  #has_ended = false;
  /** Of the session itself; there once it is open. */
  budget: Budget | undefined;

  constructor(opening: Opening) {
    this.#opening = opening;
  }

  async open(asked: OpenRequest, scope: SessionScope): Promise<Session> {
    const { budget } = this;
    if (budget === undefined || this.#has_ended) throw new CodexError("bad_request", "the session is not open");
    const depth = (scope.parent?.depth ?? 0) + 1;
    budget.openAgent(depth);
    const { deps, request } = this.#opening;
    const session = await openSession({
      deps,
      request: { ...asked, ...inherited(request, asked) },
      siblings: this.#open,
      above: { session: scope.id, depth, budget },
    });
    if (this.#has_ended) {
      await session[Symbol.asyncDispose]();
      throw new CodexError("bad_request", "the session has ended");
    }
    return session;
  }

  async end(): Promise<void> {
    this.#has_ended = true;
    await endAll(this.#open);
  }
}

/** What was said about the session above holds below; whether it leaves a file, too. */
function inherited(above: OpenRequest, asked: OpenRequest): Pick<OpenRequest, "config" | "ephemeral"> {
  return { config: { ...above.config, ...asked.config }, ephemeral: asked.ephemeral ?? above.ephemeral ?? false };
}

async function endAll(sessions: ReadonlySet<Session>): Promise<void> {
  await Promise.all([...sessions].map((session) => session[Symbol.asyncDispose]()));
}

/** Keeps what is said before the log stands: the events of the opening come first. */
class LateEmitter {
  #early: [EventMsg, TurnId | undefined][] = [];
  #emit: ((message: EventMsg, turn?: TurnId) => void) | undefined;

  emit(message: EventMsg, turn?: TurnId): void {
    if (this.#emit === undefined) this.#early.push([message, turn]);
    else this.#emit(message, turn);
  }

  connect(emit: (message: EventMsg, turn?: TurnId) => void, opening: readonly EventMsg[]): void {
    this.#emit = emit;
    for (const message of opening) emit(message);
    for (const [message, turn] of this.#early) emit(message, turn);
    this.#early = [];
  }
}
