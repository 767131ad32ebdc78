import { UsageSums } from "./sums.js";
import { decodeUsageTurn } from "./turn.js";

/** A session and its sub-agents, as far as they have used anything. */
export type UsageNode = {
  readonly session: string;
  /** Its own; what is below it is not in it. */
  readonly sums: UsageSums;
  readonly agents: readonly UsageNode[];
};

export type UsageBookOptions = {
  /** Milliseconds since 1970; turns that ended before are left out. */
  readonly since?: number;
  /** Which day a time belongs to. */
  dayOf(at: number): string;
};

/** The lines of `usage.jsonl`, one after the other, as sums by session and by day. Holds one sum for each of them. */
export class UsageBook {
  readonly #options: UsageBookOptions;
  readonly #sessions = new Map<string, UsageSums>();
  readonly #parents = new Map<string, string>();
  readonly #days = new Map<string, UsageSums>();
  #newest: string | undefined;
  #skipped = 0;

  constructor(options: UsageBookOptions) {
    this.#options = options;
  }

  take(text: string): void {
    const turn = decodeUsageTurn(text);
    if (turn === undefined) return this.skip();
    const { since = 0, dayOf } = this.#options;
    if (turn.at < since) return;
    if (turn.parent !== undefined) this.#parents.set(turn.session, turn.parent);
    sumsIn(this.#sessions, turn.session).noteTurn(turn);
    sumsIn(this.#days, dayOf(turn.at)).noteTurn(turn);
    this.#newest = turn.session;
  }

  /** A line that nobody could read. */
  skip(): void {
    this.#skipped += 1;
  }

  get skipped(): number {
    return this.#skipped;
  }

  get total(): UsageSums {
    const total = new UsageSums();
    for (const sums of this.#sessions.values()) total.add(sums);
    return total;
  }

  /** Oldest first. */
  get days(): readonly (readonly [day: string, sums: UsageSums])[] {
    return [...this.#days].toSorted(([left], [right]) => (left < right ? -1 : 1));
  }

  /** Sessions that no other one opened, each with all below it; what was used last comes last. */
  get trees(): readonly UsageNode[] {
    const roots = new Set([...this.#sessions.keys()].map((session) => this.#rootOf(session)));
    const below = this.#below();
    return [...roots]
      .map((session) => this.#node(session, below))
      .toSorted((left, right) => sumTree(left).last - sumTree(right).last);
  }

  /** Of the session, or of the one that a sub-agent wrote for last; `undefined`: nothing is known of it. */
  tree(session: string | undefined): UsageNode | undefined {
    const asked = session ?? (this.#newest === undefined ? undefined : this.#rootOf(this.#newest));
    const below = this.#below();
    if (asked === undefined || !(this.#sessions.has(asked) || below.has(asked))) return undefined;
    return this.#node(asked, below);
  }

  /** A file that says that two sessions opened each other has no end: a session stands in a tree once. */
  #node(session: string, below: ReadonlyMap<string, readonly string[]>, above: readonly string[] = []): UsageNode {
    const path = [...above, session];
    const agents = (below.get(session) ?? []).filter((agent) => !path.includes(agent));
    return {
      session,
      sums: this.#sessions.get(session) ?? new UsageSums(),
      agents: agents.map((agent) => this.#node(agent, below, path)),
    };
  }

  #below(): ReadonlyMap<string, readonly string[]> {
    const below = new Map<string, string[]>();
    for (const [session, parent] of this.#parents) {
      const agents = below.get(parent);
      if (agents === undefined) below.set(parent, [session]);
      else agents.push(session);
    }
    return below;
  }

  #rootOf(session: string): string {
    const seen = new Set([session]);
    let root = session;
    for (let above = this.#parents.get(root); above !== undefined; above = this.#parents.get(root)) {
      if (seen.has(above)) return root;
      seen.add(above);
      root = above;
    }
    return root;
  }
}

/** A session with all below it. */
export function sumTree({ sums, agents }: UsageNode): UsageSums {
  const all = new UsageSums();
  all.add(sums);
  for (const agent of agents) all.add(sumTree(agent));
  return all;
}

function sumsIn(map: Map<string, UsageSums>, key: string): UsageSums {
  const sums = map.get(key) ?? new UsageSums();
  map.set(key, sums);
  return sums;
}
