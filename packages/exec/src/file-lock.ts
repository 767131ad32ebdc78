import { spawn } from "node:child_process";

/** What `flock` answers when somebody else holds the lock. */
const BUSY = 1;

/**
 * Locks an open file for this process, as flock(2) does and without waiting; the lock ends when the descriptor is
 * closed or the process dies. Node has no call for it, so the system's `flock` locks the descriptor that it shares with
 * us. Without that program the answer is true: nobody is kept out there. False: somebody else holds the lock.
 */
export function lockFile(descriptor: number): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn("flock", ["-n", "-x", "3"], { stdio: ["ignore", "ignore", "ignore", descriptor] });
    child.once("error", () => resolve(true));
    child.once("exit", (code) => resolve(code !== BUSY));
  });
}
