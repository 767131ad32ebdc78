import type { Clock } from "@codex/protocol";
import { messageOf } from "@codex/common";
import type { Journal } from "./journal.js";
import type { ObjectStore } from "./object-store.js";
import type { Retention } from "./retention.js";
import { trim } from "./retention.js";
import type { RootStore } from "./root-store.js";

export type SpaceLimitOptions = {
  readonly home: string;
  readonly retention: Retention;
  readonly clock: Clock;
  onTrouble(message: string): void;
};

/** Keeps no more than was allowed, also within one long session. */
export class SpaceLimit {
  readonly #options: SpaceLimitOptions;
  /** What remained of a store when it was cleared last, in bytes. */
  readonly #floors = new Map<ObjectStore, number>();

  constructor(options: SpaceLimitOptions) {
    this.#options = options;
  }

  hold({ roots, journal }: { readonly roots: readonly RootStore[]; readonly journal: Journal }): void {
    const { home, retention, clock, onTrouble } = this.#options;
    const { max_bytes } = retention;
    const { dropped } = journal;
    try {
      for (const { objects } of roots) {
        const floor = this.#floors.get(objects) ?? 0;
        // where even the last step does not fit, not each further one is worth the search
        const limit = floor > max_bytes ? floor + max_bytes / 16 : max_bytes;
        if (objects.bytes <= limit) continue;
        this.#floors.set(objects, trim(home, objects, journal, { max_bytes, now: clock.now() }));
      }
    } catch (error) {
      onTrouble(`old snapshots could not be cleared away: ${messageOf(error)}`);
    }
    if (dropped === 0 && journal.dropped > 0) {
      const space = `${Math.floor(max_bytes / (1 << 20))} MiB (undo.max_mb)`;
      onTrouble(`undo forgets the oldest steps of this session: ${space} are full`);
    }
  }
}
