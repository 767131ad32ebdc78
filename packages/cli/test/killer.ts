/**
 * A module that is loaded before a program (`--import`): that dies by SIGKILL at its change number KILL_AT of what
 * KILL_IN matches, a write half done.
 */
export const KILLER = `
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const matches = new RegExp(process.env.KILL_IN ?? "");
let left = Number(process.env.KILL_AT);

function isTime(args) {
  if (!args.some((path) => (typeof path === "string" || Buffer.isBuffer(path)) && matches.test(String(path))))
    return false;
  left -= 1;
  return left < 0;
}

for (const name of [
  "renameSync",
  "rmSync",
  "unlinkSync",
  "mkdirSync",
  "rmdirSync",
  "linkSync",
  "symlinkSync",
  "chmodSync",
]) {
  const real = fs[name];
  fs[name] = (...args) => {
    if (isTime(args.slice(0, 2))) process.kill(process.pid, "SIGKILL");
    return real(...args);
  };
}
for (const name of ["writeFileSync", "appendFileSync"]) {
  const real = fs[name];
  fs[name] = (path, data, options) => {
    if (isTime([path])) {
      real(path, data.slice(0, Math.floor(data.length / 2)), options);
      process.kill(process.pid, "SIGKILL");
    }
    return real(path, data, options);
  };
}
syncBuiltinESMExports();
`;
