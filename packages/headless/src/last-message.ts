import { open, type FileHandle } from "node:fs/promises";
import { CodexError, messageOf } from "@codex/common";

/** The file of `-o`. */
export interface LastMessageFile extends AsyncDisposable {
  readonly path: string;
  /** Replaces what the file held; no newline is added. */
  write(text: string): Promise<void>;
}

/**
 * Opens before the run, so that a path nobody can write fails at once. What the file held stays until `write`: a
 * failed or interrupted run leaves it, or leaves an empty new one (live.md §1.5). Throws code `file_error`.
 */
export async function openLastMessageFile(path: string): Promise<LastMessageFile> {
  const file = await open(path, "a").catch((error: unknown) => {
    throw cannotWrite(path, error);
  });
  return {
    path,
    write: (text) =>
      replace(file, text).catch((error: unknown) => {
        throw cannotWrite(path, error);
      }),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/** A pipe or a device has no length to reset. */
async function replace(file: FileHandle, text: string): Promise<void> {
  if ((await file.stat()).isFile()) await file.truncate(0);
  await file.writeFile(text);
}

function cannotWrite(path: string, error: unknown): CodexError {
  return new CodexError("file_error", `cannot write the last message to ${path}: ${messageOf(error)}`, {
    cause: error,
  });
}
