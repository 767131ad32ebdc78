import type { Config } from "@codex/config";
import { originsOf } from "@codex/config";
import type { BuiltinConfig } from "./builtin/source.js";
import type { WebSearchMode } from "./builtin/web-search.js";

/** Which tools the configuration lets be offered (core.md §4.1, §7.3). */
export function toolsConfigOf(config: Config): BuiltinConfig {
  const { shell_tool, view_image } = config.features;
  return { shell: shell_tool !== false, view_image: view_image !== false, web_search: webSearchOf(config) };
}

/** A search is carried out by the model's server: unasked only by OpenAI's, and there over what is stored. */
function webSearchOf(config: Config): WebSearchMode {
  const set = originsOf(config, "web_search")[0]?.value;
  if (set === "live" || set === "cached" || set === "disabled") return set;
  return config.provider.id === "openai" ? "cached" : "disabled";
}
