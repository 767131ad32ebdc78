import type { Codex, CodexDeps, Event, EventMsg, OpenRequest, SessionHandle, SessionScope } from "@codex/protocol";
import type { TurnId } from "@codex/protocol";
import { sessionId } from "@codex/protocol";
import { createController, Queue } from "@codex/common";
import { askEvent, OpenAsks } from "./session/asks.js";
import { beginSession } from "./session/begin.js";
import { createEmitter } from "./session/emit.js";
import { Session } from "./session/session.js";
import { TurnAborted } from "./turn/aborted.js";

/** The engine, with nothing but ports. */
export function createEngine(deps: CodexDeps): Codex {
  const open = new Set<SessionHandle>();
  return {
    async open(request, signal) {
      signal?.throwIfAborted();
      const session = await openSession(deps, request);
      open.add(session);
      return session;
    },
    list: (query) => deps.store.list(query),
    named: (name) => deps.store.named(name),
    read: (id) => deps.store.read(id),
    async [Symbol.asyncDispose]() {
      await Promise.all([...open].map((session) => session[Symbol.asyncDispose]()));
    },
  };
}

async function openSession(deps: CodexDeps, request: OpenRequest): Promise<SessionHandle> {
  const controller = createController();
  const outbox = new Queue<Event>();
  const asks = new OpenAsks();
  const emitter = new LateEmitter();
  const id = request.type === "resume" ? request.id : sessionId(deps.newId());
  const scope: SessionScope = {
    id,
    signal: controller.signal,
    emit: (message, turn) => emitter.emit(message, turn),
    ask: (kind, question, signal) => {
      emitter.emit(askEvent(kind, question), question.turn_id);
      return asks.wait(kind, question, signal);
    },
  };
  const { log, session, state } = await beginSession(deps, request, scope);
  emitter.connect(createEmitter(log, session.sinks, outbox));
  return new Session({
    scope,
    deps: session,
    log,
    state,
    asks,
    outbox,
    clock: deps.clock,
    newId: () => deps.newId(),
    end: () => controller.abort(new TurnAborted("interrupted")),
  });
}

/** Keeps what is said before the log stands. */
class LateEmitter {
  #early: [EventMsg, TurnId | undefined][] = [];
  #emit: ((message: EventMsg, turn?: TurnId) => void) | undefined;

  emit(message: EventMsg, turn?: TurnId): void {
    if (this.#emit === undefined) this.#early.push([message, turn]);
    else this.#emit(message, turn);
  }

  connect(emit: (message: EventMsg, turn?: TurnId) => void): void {
    this.#emit = emit;
    for (const [message, turn] of this.#early) emit(message, turn);
    this.#early = [];
  }
}
