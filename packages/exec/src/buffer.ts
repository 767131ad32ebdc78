import type { Captured } from "@codex/protocol";

/** 1 MiB: 512 KiB of head and as much of tail (live.md §2.4). */
export const DEFAULT_LIMIT = 1024 * 1024;

const SMALLEST = 4096;

/** The last `capacity` bytes pushed. Copies what it keeps; grows as needed, so that small output costs little. */
export class Tail {
  readonly #capacity: number;
  #ring = new Uint8Array(0);
  /** Where the oldest byte is. */
  #start = 0;
  #size = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** Returns how many older bytes fell out. */
  push(data: Uint8Array): number {
    const kept = data.length > this.#capacity ? data.subarray(data.length - this.#capacity) : data;
    this.#grow(this.#size + kept.length);
    const lost = Math.max(0, this.#size + kept.length - this.#capacity);
    this.drop(lost);
    const end = this.#ring.length === 0 ? 0 : (this.#start + this.#size) % this.#ring.length;
    const first = kept.subarray(0, this.#ring.length - end);
    this.#ring.set(first, end);
    this.#ring.set(kept.subarray(first.length), 0);
    this.#size += kept.length;
    return lost + data.length - kept.length;
  }

  /** Forgets the oldest `count` bytes. */
  drop(count: number): void {
    if (count === 0) return;
    this.#start = (this.#start + count) % this.#ring.length;
    this.#size -= count;
  }

  /** A copy, oldest byte first. */
  bytes(): Uint8Array {
    const copy = new Uint8Array(this.#size);
    const first = this.#ring.subarray(this.#start, Math.min(this.#start + this.#size, this.#ring.length));
    copy.set(first, 0);
    copy.set(this.#ring.subarray(0, this.#size - first.length), first.length);
    return copy;
  }

  #grow(needed: number): void {
    const wanted = Math.min(needed, this.#capacity);
    if (wanted <= this.#ring.length) return;
    const ring = new Uint8Array(Math.min(this.#capacity, Math.max(wanted, this.#ring.length * 2, SMALLEST)));
    ring.set(this.bytes(), 0);
    this.#ring = ring;
    this.#start = 0;
  }
}

export type OutputBuffer = {
  push(data: Uint8Array): void;
  /** What came since the last call, and starts anew. */
  take(): Captured;
  /** The same, and goes on. */
  copy(): Captured;
};

/** Keeps the first and the last half of `limit` bytes. Copies what it keeps. */
export function createOutputBuffer(limit: number = DEFAULT_LIMIT): OutputBuffer {
  const head_limit = Math.ceil(limit / 2);
  let head = new Tail(head_limit);
  let tail = new Tail(limit - head_limit);
  let total = 0;
  const copy = (): Captured => {
    const omitted_bytes = total - head.size - tail.size;
    return { head: head.bytes(), tail: tail.bytes(), omitted_bytes, total_bytes: total };
  };
  return {
    copy,
    push(data) {
      total += data.length;
      const free = head_limit - head.size;
      if (free > 0) head.push(data.subarray(0, free));
      if (data.length > free) tail.push(data.subarray(free));
    },
    take() {
      const captured = copy();
      head = new Tail(head_limit);
      tail = new Tail(limit - head_limit);
      total = 0;
      return captured;
    },
  };
}
