import { CodexError, codeOf, messageOf, sleep } from "@codex/common";
import { mkdir, open, realpath, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { setKey } from "./edit.js";
import { makeLayer, type ConfigLayer } from "./layer.js";
import { checkFile } from "./keys.js";
import { problemError, unknownKeyError } from "./problem.js";
import { nest } from "./table.js";
import { readTextFile } from "./text-file.js";

export type FileEdit = {
  /** Absolute; made when it does not exist. */
  readonly file: string;
  readonly path: readonly string[];
  readonly value: unknown;
};

export type EditPowers = {
  /** Takes an exclusive lock on an open descriptor, which ends with it; false: somebody else has it. */
  readonly lock: (descriptor: number) => Promise<boolean>;
};

/** Between two tries for the lock, and for all of them. Milliseconds. */
const RETRY_MS = 50;
const PATIENCE_MS = 5000;

/**
 * Sets one key of a configuration file: checked first, then written at once, so that a reader sees the old file or
 * the new one. Mode and symlinks stay. Throws `config_invalid` (the key or value is wrong) or `file_error`.
 */
export async function editFile(
  { file, path, value }: FileEdit,
  powers: EditPowers,
  signal: AbortSignal,
): Promise<void> {
  await checkValue(path, value, dirname(file));
  try {
    await mkdir(dirname(file), { recursive: true });
    const target = await realpath(file).catch(() => file);
    await using folder = await open(dirname(target));
    await waitForLock(folder, powers, signal);
    await replaceFile(target, await setKey(readTextFile(target) ?? "", path, value));
  } catch (error) {
    signal.throwIfAborted();
    if (codeOf(error) === "config_invalid") {
      throw new CodexError("config_invalid", `${file}: ${messageOf(error)}`, { cause: error });
    }
    throw new CodexError("file_error", `cannot write ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/** Throws `config_invalid` for a key nobody knows and for a value of another type. */
async function checkValue(path: readonly string[], value: unknown, cwd: string): Promise<void> {
  const layer: ConfigLayer = makeLayer("-c", nest(path, value), { cwd, user_home: cwd });
  const unknown = await unknownKeyError([layer]);
  if (unknown !== undefined) throw plain(unknown);
  const checked = checkFile(layer.values);
  if ("problem" in checked) throw plain(await problemError(checked.problem, [layer]));
}

/** The flag that the error names was never said. */
function plain(error: Error): CodexError<"config_invalid"> {
  return new CodexError("config_invalid", error.message.replace(/^-c /, ""));
}

async function waitForLock(folder: FileHandle, { lock }: EditPowers, signal: AbortSignal): Promise<void> {
  for (let waited = 0; !(await lock(folder.fd)); waited += RETRY_MS) {
    if (waited >= PATIENCE_MS) throw new CodexError("file_error", "another program is writing there");
    await sleep(RETRY_MS, signal);
  }
}

async function replaceFile(target: string, text: string): Promise<void> {
  const facts = await stat(target).catch(() => undefined);
  const temporary = `${target}.${process.pid}.new`;
  try {
    const file = await open(temporary, "wx", facts?.mode ?? 0o600);
    try {
      await file.writeFile(text);
      if (facts !== undefined) await file.chmod(facts.mode & 0o7777);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
