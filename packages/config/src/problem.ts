import { CodexError } from "@codex/common";
import { layerLabel, type ConfigLayer } from "./layer.js";
import { nearestKey } from "./nearest.js";
import { describeOrigin, originsAt } from "./provenance.js";
import type { Problem } from "./schema.js";
import { keyText } from "./table.js";

/** One line: where the key was set (the layer that won), the key, and what is wrong. */
export async function problemError(
  problem: Problem,
  layers: readonly ConfigLayer[],
): Promise<CodexError<"config_invalid">> {
  for (let length = problem.path.length; length > 0; length -= 1) {
    const origin = originsAt(layers, problem.path.slice(0, length))[0];
    if (origin === undefined) continue;
    const where = await describeOrigin({ layer: origin.layer, path: problem.path }, layerLabel(origin.layer.name));
    return new CodexError("config_invalid", `${where}: ${problem.message}`);
  }
  return new CodexError("config_invalid", `${keyText(problem.path)}: ${problem.message}`);
}

/** The first key of any layer that nobody knows, as an error. */
export async function unknownKeyError(
  layers: readonly ConfigLayer[],
): Promise<CodexError<"config_invalid"> | undefined> {
  const layer = layers.find((candidate) => candidate.unknown.length > 0);
  const path = layer?.unknown[0];
  if (layer === undefined || path === undefined) return undefined;
  const where = await describeOrigin({ layer, path }, layerLabel(layer.name));
  const near = nearestKey(path);
  return new CodexError(
    "config_invalid",
    `${where}: unknown key${near === undefined ? "" : `; did you mean ${near}?`}`,
  );
}
