import { CodexError, fieldsOf, listOf, parseJson, textOf } from "@codex/common";
import { askPlain } from "./plain-http.js";
import type { LocalModelOptions } from "./local-server.js";

export async function listLmStudio(base_url: string, signal: AbortSignal): Promise<readonly string[]> {
  const { text } = await askPlain({ url: `${base_url}/models`, ms: 5_000 }, signal);
  return listOf(fieldsOf(parseJson(text))["data"]).flatMap((model) => textOf(fieldsOf(model)["id"]) ?? []);
}

/** LM Studio fetches models with its own program, found on PATH or in its folder. Throws `connection_failed`. */
export async function fetchLmStudio(options: LocalModelOptions, signal: AbortSignal): Promise<void> {
  const { model, onProgress, run, user_home } = options;
  onProgress({ status: `lms get ${model}`, completed: 0, total: 0 });
  for (const program of ["lms", `${user_home}/.lmstudio/bin/lms`]) {
    const ended = await run([program, "get", "--yes", model], signal);
    if (ended === undefined) continue;
    if (ended.code === 0) return;
    const said = ended.output.trim().split("\n").at(-1) ?? "";
    throw new CodexError("connection_failed", `LM Studio could not fetch ${model}: ${said}`);
  }
  const advice = "run LM Studio once, or fetch the model in its window";
  throw new CodexError("connection_failed", `LM Studio's program lms was not found, so ${model} is missing: ${advice}`);
}
