import type {
  Asks,
  Codex,
  CodexDeps,
  Event,
  EventMsg,
  OpenRequest,
  SessionHandle,
  SessionScope,
} from "@codex/protocol";
import type { TurnId } from "@codex/protocol";
import { sessionId } from "@codex/protocol";
import { CodexError, Queue } from "@codex/common";
import { askKey, OpenAsks } from "./session/asks.js";
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
    async [Symbol.asyncDispose]() {
      await Promise.all([...open].map((session) => session[Symbol.asyncDispose]()));
    },
  };
}

async function openSession(deps: CodexDeps, request: OpenRequest): Promise<SessionHandle> {
  const controller = new AbortController();
  const outbox = new Queue<Event>();
  const asks = new OpenAsks();
  const emitter = new LateEmitter();
  const id = request.type === "resume" ? request.id : sessionId(deps.newId());
  const scope: SessionScope = {
    id,
    signal: controller.signal,
    emit: (message, turn) => emitter.emit(message, turn),
    ask: (kind, question, signal) => {
      emitter.emit(questionEvent(kind, question), question.turn_id);
      return asks.wait(askKey(question), signal);
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

function questionEvent<K extends keyof Asks>(kind: K, question: Asks[K]["question"]): EventMsg {
  if ("changes" in question) return { type: "apply_patch_approval_request", ...question };
  if ("command" in question) return { type: "exec_approval_request", ...question };
  throw new CodexError("internal", `no event carries a question of kind ${kind}`);
}
