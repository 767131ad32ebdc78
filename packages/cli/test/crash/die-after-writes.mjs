// Loaded into the built command with --import: kills it right after its Nth write to a session file.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const last = Number(process.env.CODEX_TEST_DIE_AFTER);
const { writeSync } = fs;
let count = 0;

/** @type {(descriptor: number, data: Uint8Array, ...rest: number[]) => number} */
const counted = (descriptor, data, ...rest) => {
  const written = writeSync(descriptor, data, ...rest);
  if (Buffer.from(data).subarray(0, 14).toString() === '{"timestamp":"') {
    count += 1;
    if (count === last) process.kill(process.pid, "SIGKILL");
  }
  return written;
};
Object.assign(fs, { writeSync: counted });
syncBuiltinESMExports();
