import { CodexError, codeOf } from "@codex/common";
import { realpathSync, statSync, type Stats } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Environment variables by name. */
export type Env = Readonly<Record<string, string | undefined>>;

/** For callers that may not read `process.env` themselves. */
export function processEnvironment(): Env {
  return process.env;
}

/** The user's own folder: what `~` stands for. */
export function userHome(env: Env): string {
  return env["HOME"] === undefined || env["HOME"] === "" ? homedir() : env["HOME"];
}

/**
 * Where configuration, credentials and sessions live (core.md §7.8). `CODEX_HOME` must be a directory that exists and
 * is made canonical; `~/.codex` need not exist: whoever writes there makes it.
 */
export function codexHome(env: Env): string {
  const written = env["CODEX_HOME"];
  if (written === undefined || written === "") return join(userHome(env), ".codex");
  const facts = factsOf(written);
  if (facts === undefined) {
    throw new CodexError("config_invalid", `CODEX_HOME=${written}: no such directory; create it or unset CODEX_HOME`);
  }
  if (!facts.isDirectory()) throw new CodexError("config_invalid", `CODEX_HOME=${written}: is not a directory`);
  return realpathSync.native(written);
}

function factsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw new CodexError("config_invalid", `CODEX_HOME=${path}: cannot be read (${codeOf(error) ?? "unknown error"})`);
  }
}

/** A path as a configuration writes it, made absolute: `~` is the user's home, the rest is relative to `base`. */
export function absolutePath(written: string, base: string, home: string): string {
  if (written === "~") return home;
  return written.startsWith("~/") ? join(home, written.slice(2)) : resolve(base, written);
}
