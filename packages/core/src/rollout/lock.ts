import { closeSync, fstatSync, mkdirSync, openSync, statSync, unlinkSync } from "node:fs";
import path from "node:path";
import { CodexError } from "@codex/common";

/** Locks an open file for this process as flock(2) does, without waiting. False: somebody else holds it. */
export type FileLock = (descriptor: number) => Promise<boolean>;

/** Tries before a lock file that others keep removing is taken for busy. */
const TRIES = 5;

/**
 * One writer per session, in this program and in the Rust one (rollout-live.md §7.1): the file exists only while it is
 * locked, and the kernel lets go of it when its holder dies. Throws `session_busy`.
 */
export async function lockSession(home: string, id: string, lock: FileLock): Promise<Disposable> {
  const folder = path.join(home, "thread-writer-locks");
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${id}.lock`);
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const descriptor = openSync(file, "a+");
    if (!(await tryLock(descriptor, lock))) break;
    // the holder before us may have removed the file between our opening and our locking it
    if (isSameFile(descriptor, file)) return { [Symbol.dispose]: () => release(file, descriptor) };
    closeSync(descriptor);
  }
  const advice = "wait until it ends, or fork the session";
  throw new CodexError("session_busy", `the session ${id} is being written by another program: ${advice}`);
}

async function tryLock(descriptor: number, lock: FileLock): Promise<boolean> {
  let held = false;
  try {
    held = await lock(descriptor);
    return held;
  } finally {
    if (!held) closeSync(descriptor);
  }
}

function isSameFile(descriptor: number, file: string): boolean {
  const now = statSync(file, { throwIfNoEntry: false });
  return now !== undefined && now.ino === fstatSync(descriptor).ino;
}

function release(file: string, descriptor: number): void {
  if (isSameFile(descriptor, file)) unlinkSync(file);
  closeSync(descriptor);
}
