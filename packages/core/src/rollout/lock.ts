import { accessSync, closeSync, constants, fstatSync, mkdirSync, openSync, statSync, unlinkSync } from "node:fs";
import path from "node:path";
import { codeOf, CodexError } from "@codex/common";

/** Locks an open file for this process as flock(2) does, without waiting. False: somebody else holds it. */
export type FileLock = (descriptor: number) => Promise<boolean>;

/** Tries before a lock file that others keep removing is taken for busy. */
const TRIES = 5;

/**
 * One writer per session, in this program and in the Rust one (rollout-live.md §7.1): the file exists only while it is
 * locked, and the kernel lets go of it when its holder dies. Throws `session_busy`, and `file_error` where nothing can
 * be written.
 */
export async function lockSession(home: string, id: string, lock: FileLock): Promise<Disposable> {
  const folder = path.join(home, "thread-writer-locks");
  makeFolder(folder, home);
  const file = path.join(folder, `${id}.lock`);
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const descriptor = openSync(file, "a+");
    if (!(await tryLock(descriptor, lock))) break;
    // the holder before us may have removed the file between our opening and our locking it
    if (isSameFile(descriptor, file)) return { [Symbol.dispose]: () => release(file, descriptor) };
    closeSync(descriptor);
  }
  const advice = "wait until it ends, or fork the session";
  throw new CodexError("session_busy", `the session ${id} is open already, here or in another program: ${advice}`);
}

function makeFolder(folder: string, home: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    const advice = "make it writable, set another CODEX_HOME, or keep no session file (ephemeral)";
    throw new CodexError("file_error", `nothing can be written in ${home} (${codeOf(cause)}): ${advice}`, { cause });
  }
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
