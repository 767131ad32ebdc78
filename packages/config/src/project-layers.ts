import { readLayer, type ConfigLayer } from "./layer.js";
import { keyText, type KeyPath, type Table } from "./table.js";
import type { Folders, Trust } from "./trust.js";
import type { ConfigWarning } from "./warning.js";

/**
 * Keys that a repository may not set, trusted or not: they would send traffic elsewhere, start programs, or decide
 * about trust itself (core.md §7.1). The last six are ours: a repository gives no consent on the user's behalf
 * (house.md §11) nor chooses where commands run, and root markers come from the user (core.md §3.3).
 */
const DENIED: readonly string[] = [
  "openai_base_url",
  "chatgpt_base_url",
  "apps_mcp_product_sku",
  "responses_api_metadata",
  "model_provider",
  "model_providers",
  "notify",
  "profile",
  "profiles",
  "experimental_realtime_webrtc_call_base_url",
  "experimental_realtime_ws_base_url",
  "otel",
  "projects",
  "project_root_markers",
  "sandbox",
  "permissions",
  "default_permissions",
  "environment",
];

export type ProjectLayers = { readonly layers: readonly ConfigLayer[]; readonly warnings: readonly ConfigWarning[] };

/** The layers of the repository's own files, outer to inner; none unless it is trusted (live.md §6.1). */
export async function readProjectLayers(
  folders: Folders,
  trust: Trust,
  user: { readonly file: string; readonly home: string },
): Promise<ProjectLayers> {
  if (trust !== "trusted") {
    const first = folders.config_files[0];
    if (trust === "untrusted" || first === undefined) return { layers: [], warnings: [] };
    const table = `[projects.${JSON.stringify(folders.git_root ?? folders.root)}]`;
    const message = `${first}: ignored, this folder is not trusted; to use it, add ${table} trust_level = "trusted" to ${user.file}`;
    return { layers: [], warnings: [{ code: "project_ignored", message }] };
  }
  const read = await Promise.all(folders.config_files.map((file) => readLayer("project", file, user.home)));
  const stripped = read.flatMap((layer) => (layer === undefined ? [] : [withoutDenied(layer)]));
  return {
    layers: stripped.map((part) => part.layer),
    warnings: stripped.flatMap((part) => part.warning ?? []),
  };
}

function withoutDenied(layer: ConfigLayer): { readonly layer: ConfigLayer; readonly warning?: ConfigWarning } {
  const denied: KeyPath[] = Object.keys(layer.values)
    .filter((key) => DENIED.includes(key))
    .map((key) => [key]);
  const features = layer.values["features"];
  const proxy = typeof features === "object" && features !== null && "respect_system_proxy" in features;
  if (proxy) denied.push(["features", "respect_system_proxy"]);
  if (denied.length === 0) return { layer };
  const values: Table = Object.fromEntries(
    Object.entries(layer.values)
      .filter(([key]) => !DENIED.includes(key))
      .map(([key, value]) => [key, proxy && key === "features" ? withoutProxy(value) : value]),
  );
  const keys = denied.map(keyText).join(", ");
  const message = `${layer.file}: a project may not set ${keys}: ignored`;
  return { layer: { ...layer, values }, warning: { code: "project_key_ignored", message } };
}

function withoutProxy(features: unknown): unknown {
  if (typeof features !== "object" || features === null) return features;
  return Object.fromEntries(Object.entries(features).filter(([key]) => key !== "respect_system_proxy"));
}
