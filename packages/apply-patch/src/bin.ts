#!/usr/bin/env node
import { runApplyPatch } from "./command.js";
import { nodeFiles } from "./node-files.js";

const interrupted = new AbortController();
const interrupt = () => interrupted.abort();
process.once("SIGINT", interrupt);
process.once("SIGTERM", interrupt);

process.exitCode = await runApplyPatch(
  {
    args: process.argv.slice(2),
    cwd: process.cwd(),
    files: nodeFiles(),
    ...(process.stdin.isTTY ? {} : { stdin: process.stdin }),
    writeOutput: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
  },
  interrupted.signal,
);
