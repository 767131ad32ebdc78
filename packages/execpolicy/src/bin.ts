#!/usr/bin/env node
import { runExecpolicy } from "./command.js";

const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort());
process.once("SIGTERM", () => interrupted.abort());

process.exitCode = await runExecpolicy(
  {
    args: process.argv.slice(2),
    writeOutput: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
  },
  interrupted.signal,
);
