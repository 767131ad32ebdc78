import { CodexError, codeOf, messageOf } from "@codex/common";
import { closeSync, fchmodSync, openSync, readFileSync, writeSync } from "node:fs";

/** Text of a recording. Throws `file_error`. */
export function readRecording(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw fileError(`The recording ${path} cannot be read`, error);
  }
}

export type RecordingFile = {
  /** Writes one line at once, so that a run that is killed leaves what it had. */
  append(line: string): void;
  close(): void;
};

/** A new recording, readable by its owner only; replaces what was there. Throws `file_error`. */
export function createRecording(path: string): RecordingFile {
  const descriptor = open(path);
  let isOpen = true;
  return {
    append: (line) => {
      if (!isOpen) throw new CodexError("internal", "the recording was closed");
      writeSync(descriptor, `${line}\n`);
    },
    close: () => {
      if (isOpen) closeSync(descriptor);
      isOpen = false;
    },
  };
}

function open(path: string): number {
  try {
    const descriptor = openSync(path, "w", 0o600);
    fchmodSync(descriptor, 0o600);
    return descriptor;
  } catch (error) {
    throw fileError(`The recording ${path} cannot be written`, error);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EISDIR: "it is a directory",
};

function fileError(what: string, error: unknown): CodexError {
  return new CodexError("file_error", `${what}: ${REASONS[codeOf(error) ?? ""] ?? messageOf(error)}.`, {
    cause: error,
  });
}
