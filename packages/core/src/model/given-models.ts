import type { ModelProvider } from "@codex/protocol";
import { DEFAULT_MODEL, modelInfo } from "./catalog.js";
import type { SessionModels } from "./session-models.js";

/** Models that an embedder brought: they know themselves, so there is nothing to warn of. */
export function givenModels(provider: ModelProvider): SessionModels {
  return {
    provider,
    default_model: DEFAULT_MODEL,
    info: (settings) => ({ ...modelInfo(settings.model), known: true }),
    finish: () => undefined,
  };
}
