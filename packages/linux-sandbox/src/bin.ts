#!/usr/bin/env node
import { spawnSync } from "node:child_process";
import { constants } from "node:os";
import { messageOf } from "@codex/common";
import { findHelper } from "./helper.js";

/** The helper for this machine, as a command for people; programs start what `findHelper` names themselves. */
try {
  const { status, signal } = spawnSync(findHelper(), process.argv.slice(2), { stdio: "inherit" });
  process.exitCode = status ?? 128 + (signal === null ? 0 : constants.signals[signal]);
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 125;
}
