/** Running one tool quietly: its output is shown only when it fails, and then only the end of it. */
import { spawn } from "node:child_process";

/** Bytes of a failed tool's output that are worth reading. */
const TAIL = 6_000;

/** Something a person can act on; shown as it is, without a stack. */
export class Trouble extends Error {}

/**
 * @param {readonly [string, ...string[]]} argv
 * @param {{ cwd: string, env?: Record<string, string>, name: string, remedy: string }} options `name` is what the
 *   person sees, `remedy` is what to do when it fails
 * @returns {Promise<void>} rejects with Trouble, holding the tool's last output and one line saying what to do
 */
export function run([program, ...args], { cwd, env = {}, name, remedy }) {
  return new Promise((resolve, reject) => {
    let tail = "";
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    const keep = (/** @type {Buffer} */ chunk) => (tail = (tail + chunk.toString()).slice(-TAIL));
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", (error) => reject(new Trouble(`${program}: ${error.message}\n${name} failed: ${remedy}`)));
    child.on("close", (code, signal) => {
      if (code === 0) return resolve();
      const how = signal === null ? `exit code ${code}` : `ended by ${signal}`;
      reject(new Trouble(`${tail.trimEnd()}\n${name} failed (${how}): ${remedy}`));
    });
  });
}
