import type { BackgroundTerminal, BackgroundTerminals } from "@codex/protocol";
import type { LiveProcess } from "./live-process.js";

/** Most of them at once, and how many of the last used are safe when one has to go (exec.md §5.3). */
const MOST = 64;
const PROTECTED = 8;
const FIRST_ID = 1000;
const LAST_ID = 99_999;

/**
 * The commands that calls of one session have left running, and those whose end has not been told yet. Each keeps at
 * most 2 MiB of output.
 */
export class Processes implements BackgroundTerminals, AsyncDisposable {
  readonly #random: () => number;
  readonly #reserved = new Set<number>();
  /** Least recently used first. */
  readonly #kept = new Map<number, LiveProcess>();

  /** `random`: from 0 up to 1; a replay brings the numbers of the run it repeats. */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** An id for a command that is about to start; `release` it unless the command is kept. */
  reserve(): number {
    for (;;) {
      const id = FIRST_ID + Math.floor(this.#random() * (LAST_ID - FIRST_ID + 1));
      if (this.#reserved.has(id)) continue;
      this.#reserved.add(id);
      return id;
    }
  }

  release(id: number): void {
    this.#reserved.delete(id);
    this.#kept.delete(id);
  }

  /** Keeps it under its id. With too many, one that has ended goes first, else the one unused for longest. */
  keep(live: LiveProcess): void {
    if (this.#kept.size >= MOST) {
      const old = [...this.#kept.values()].slice(0, -PROTECTED);
      const victim = old.find(({ end }) => end !== undefined) ?? old[0];
      if (victim !== undefined) this.#evict(victim);
    }
    this.#kept.set(live.id, live);
  }

  /** Counts as a use. */
  find(id: number): LiveProcess | undefined {
    const live = this.#kept.get(id);
    if (live === undefined) return undefined;
    this.#kept.delete(id);
    this.#kept.set(id, live);
    return live;
  }

  list(): readonly BackgroundTerminal[] {
    return this.#running().map(({ id, call_id, command, duration_ms }) => ({
      process_id: String(id),
      call_id,
      command: command.argv,
      cwd: command.cwd,
      tty: command.tty === true,
      duration_ms,
    }));
  }

  async stop(process_id: string): Promise<boolean> {
    const live = this.#kept.get(Number(process_id));
    if (live?.end !== undefined || live === undefined) return false;
    await live.stop();
    return true;
  }

  resize(process_id: string, size: { readonly cols: number; readonly rows: number }): boolean {
    const live = this.#kept.get(Number(process_id));
    if (live?.end !== undefined || live?.command.tty !== true) return false;
    live.resize(size.cols, size.rows);
    return true;
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.#running().map((live) => live.stop()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopAll();
  }

  #running(): readonly LiveProcess[] {
    return [...this.#kept.values()].filter(({ end }) => end === undefined);
  }

  #evict(victim: LiveProcess): void {
    this.release(victim.id);
    void victim.stop();
  }
}
