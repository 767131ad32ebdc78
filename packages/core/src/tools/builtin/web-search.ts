import type { Tool } from "@codex/protocol";
import { failure } from "../define.js";

/** `cached`: only what the server has stored. `live`: the web as it is. */
export type WebSearchMode = "disabled" | "cached" | "live";

/** `web_search`: carried out by the model's server; the answer comes as an item, never as a call of ours. */
export function webSearchTool(mode: Exclude<WebSearchMode, "disabled">): Tool {
  return {
    name: "web_search",
    parallel: true,
    spec: { type: "web_search", external_web_access: mode === "live" },
    invoke: () => Promise.resolve(failure("web_search is carried out by the server; it cannot be called")),
  };
}
