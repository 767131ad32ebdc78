import { parseJson } from "@codex/common";

/** The command was never started. The command itself cannot cause this answer. */
export type StartFailure = {
  readonly code: "sandbox_unavailable" | "not_found" | "not_executable";
  readonly message: string;
};

/**
 * Reads what came on the status descriptor until its end. `undefined`: the command was started, and whatever exit
 * code it has is its own.
 */
export function readStatus(text: string): StartFailure | undefined {
  if (text === "") return undefined;
  const line = parseFailure(text);
  if (line === undefined)
    return { code: "sandbox_unavailable", message: `the sandbox helper said ${JSON.stringify(text)}` };
  const { code, message, errno } = line;
  if (code === "not_found" || code === "not_executable") return { code, message };
  return { code: "sandbox_unavailable", message: `the sandbox could not be set up: ${message} (${errno})` };
}

/** A line of the helper about a step that failed. */
export type HelperFailure = {
  readonly code: string;
  readonly stage: string;
  readonly errno: string;
  readonly message: string;
};

function parseFailure(text: string): HelperFailure | undefined {
  const value = parseJson(text);
  return isHelperFailure(value) ? value : undefined;
}

export function isHelperFailure(value: unknown): value is HelperFailure {
  if (typeof value !== "object" || value === null) return false;
  const fields = ["code", "stage", "errno", "message"] as const;
  return fields.every((field) => field in value && typeof Reflect.get(value, field) === "string");
}
