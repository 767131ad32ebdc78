import { closeSync, openSync } from "node:fs";
import { CodexError, sleep, withTimeout } from "@codex/common";

/** Locks an open file for this process as flock(2) does, without waiting. False: somebody else holds it. */
export type FileLock = (descriptor: number) => Promise<boolean>;

/** Longer than any refresh may take, in milliseconds. */
const PATIENCE_MS = 45_000;
const LONGEST_NAP_MS = 200;

/**
 * Does something while no other process does it. The kernel ends the lock with its holder, so none is ever left over.
 * Throws `unauthorized`, worth another try, when the lock cannot be had in time.
 */
export async function whileLocked<T>(
  file: string,
  lock: FileLock,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const descriptor = openSync(file, "a", 0o600);
  try {
    await waitForLock(() => lock(descriptor), signal);
    return await work();
  } finally {
    closeSync(descriptor);
  }
}

async function waitForLock(take: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  using patience = withTimeout(signal, PATIENCE_MS);
  for (let nap = 10; !(await take()); nap = Math.min(nap * 2, LONGEST_NAP_MS)) {
    await sleep(nap, patience.signal).catch((error: unknown) => {
      if (!patience.expired()) throw error;
      const text = "Another Codex has been renewing the sign-in for too long; try again.";
      throw new CodexError("unauthorized", text, { retry: "backoff" });
    });
  }
}
