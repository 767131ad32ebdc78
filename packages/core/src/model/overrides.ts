import type { ModelInfo, ModelProvider } from "@codex/protocol";

/** What the user says about a model instead of the catalog. Tokens. */
export type ModelOverrides = { readonly context_window?: number; readonly tool_output_token_limit?: number };

/** A provider whose clients describe their model as the user says. */
export function overrideModels(models: ModelProvider, overrides: ModelOverrides): ModelProvider {
  return {
    client(settings, ids) {
      const client = models.client(settings, ids);
      return {
        info: overrideInfo(client.info, overrides),
        max_retries: client.max_retries,
        stream: (prompt, signal) => client.stream(prompt, signal),
      };
    },
  };
}

export function overrideInfo(info: ModelInfo, overrides: ModelOverrides): ModelInfo {
  const { context_window, tool_output_token_limit: tokens } = overrides;
  return {
    ...info,
    ...(context_window === undefined ? {} : { context_window }),
    ...(tokens === undefined ? {} : { truncation: { mode: "tokens", limit: tokens } }),
  };
}
