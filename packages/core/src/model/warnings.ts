import type { ModelInfo, TurnSettings } from "@codex/protocol";
import { serviceTier } from "./request.js";

/** What a person should know about the model settings: nothing here stops a turn. */
export function modelWarnings(settings: TurnSettings, info: ModelInfo): readonly string[] {
  const { model, effort, verbosity, service_tier } = settings;
  if (!info.known) return [`the model ${model} is not in the catalog; cautious defaults are used for it`];
  const warnings: string[] = [];
  if (effort !== undefined && !info.reasoning.summaries) {
    warnings.push(`${model} does not reason: the server may refuse model_reasoning_effort = ${JSON.stringify(effort)}`);
  }
  if (verbosity !== undefined && info.default_verbosity === undefined) {
    warnings.push(`${model} takes no verbosity: model_verbosity is not sent`);
  }
  if (service_tier !== undefined && serviceTier(service_tier) === undefined) {
    warnings.push(
      `service_tier ${JSON.stringify(service_tier)} is not known and not sent; there are "fast" and "flex"`,
    );
  }
  return warnings;
}
