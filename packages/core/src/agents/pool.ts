import type { OpenRequest, SessionScope, TurnContext } from "@codex/protocol";
import { onAbort, withTimeout } from "@codex/common";
import { Agent } from "./agent.js";
import { WorkPlaces } from "./places.js";

/** Sub-agents that work at once where nobody says how many (core.md §4.2). */
const PLACES = 6;

export type Task = { readonly message: string; readonly model?: string | undefined };

/** The sub-agents of one session. How many there may be is the engine's to say; here they wait for a place to work. */
export class AgentPool implements AsyncDisposable {
  readonly #scope: SessionScope;
  readonly #places: WorkPlaces;
  readonly #agents = new Map<string, Agent>();
  readonly #waiting = new Set<() => void>();
  #count = 0;

  constructor(scope: SessionScope, places = PLACES) {
    this.#scope = scope;
    this.#places = new WorkPlaces(places);
  }

  /** Throws `limit_reached`. It works with the settings of the turn, and stops when that turn is stopped. */
  async spawn({ message, model }: Task, turn: TurnContext): Promise<Agent> {
    const handle = await this.#scope.open(requestOf(turn, model));
    const agent = new Agent({
      handle,
      name: `agent-${(this.#count += 1)}`,
      scope: this.#scope,
      turn: turn.id,
      places: this.#places,
      changed: () => this.#tell(),
    });
    this.#agents.set(agent.id, agent);
    this.#give(agent, message, turn);
    return agent;
  }

  find(id: string): Agent | undefined {
    return this.#agents.get(id);
  }

  send(agent: Agent, message: string, turn: TurnContext): void {
    this.#give(agent, message, turn);
  }

  /** Waits until one of them has nothing more to do. False: the time is up. */
  async wait(agents: readonly Agent[], timeout_ms: number, signal: AbortSignal): Promise<boolean> {
    using limit = withTimeout(signal, timeout_ms);
    while (!agents.some(({ isIdle }) => isIdle)) {
      if (limit.signal.aborted) break;
      await this.#change(limit.signal);
    }
    signal.throwIfAborted();
    return agents.some(({ isIdle }) => isIdle);
  }

  async close(agent: Agent): Promise<void> {
    this.#agents.delete(agent.id);
    await agent.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => this.close(agent)));
  }

  #give(agent: Agent, message: string, turn: TurnContext): void {
    agent.give(message);
    // the signal dies with the turn, and this listener with it
    onAbort(turn.signal, () => agent.interrupt());
  }

  #tell(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        listener[Symbol.dispose]();
        resolve();
      };
      const listener = onAbort(signal, wake);
      this.#waiting.add(wake);
    });
  }
}

function requestOf({ session, settings }: TurnContext, model: string | undefined): OpenRequest {
  const { output_schema: _schema, ...kept } = settings;
  const depth = (session.parent?.depth ?? 0) + 1;
  return {
    type: "new",
    settings: { ...kept, ...(model === undefined ? {} : { model }) },
    source: { subagent: { thread_spawn: { parent_thread_id: session.id, depth } } },
  };
}
