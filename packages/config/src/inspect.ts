import { CodexError } from "@codex/common";
import type { Config } from "./config.js";
import { FILE } from "./keys.js";
import { nearestKey } from "./nearest.js";
import { originsAt, type Origin } from "./provenance.js";
import { prepare } from "./schema.js";
import { isTable, keyText, mergeTables, nest, splitKey, valueAt, type KeyPath, type Table } from "./table.js";

/** A key, the value in force, and every layer that sets it, the winner first. */
export type Inspected = {
  readonly key: string;
  /** `undefined`: nothing sets it, and it has no default of its own. */
  readonly value: unknown;
  /** Empty: the value is built in. */
  readonly origins: readonly Origin[];
};

/** One dotted key. Throws `config_invalid` for a key that nobody knows. */
export function inspectKey(config: Config, text: string): Inspected {
  const path = configKey(text);
  const origins = originsAt(config.layers, path);
  const set = valueAt(merged(config), path);
  return { key: keyText(path), value: set ?? builtIn(config, keyText(path)), origins };
}

/** The parts of a dotted key that configurations may hold. Throws `config_invalid`, with the nearest one. */
export function configKey(text: string): readonly string[] {
  const path = splitKey(text);
  if (path === undefined) throw new CodexError("config_invalid", `${text}: expected a dotted key, such as model`);
  const [unknown] = prepare(FILE, nest(path, ""), (written) => written).unknown;
  if (unknown === undefined) return path;
  const near = nearestKey(unknown);
  const advice = near === undefined ? "" : `; did you mean ${near}?`;
  throw new CodexError("config_invalid", `${keyText(unknown)}: unknown key${advice}`);
}

/** Every value that a layer sets, by key. */
export function inspectAll(config: Config): readonly Inspected[] {
  return leaves(merged(config), [])
    .map((path) => ({
      key: keyText(path),
      value: valueAt(merged(config), path),
      origins: originsAt(config.layers, path),
    }))
    .toSorted((left, right) => (left.key < right.key ? -1 : 1));
}

/** Values that may be credentials are not to be shown. */
export function isSecretKey(key: string): boolean {
  return /token|secret|passw|http_headers|query_params|api_?key|credential|\.env\.|\.set\b/i.test(key);
}

function merged(config: Config): Table {
  return config.layers.reduce<Table>((below, layer) => mergeTables(below, layer.values), {});
}

function leaves(value: unknown, at: KeyPath): readonly KeyPath[] {
  if (!isTable(value)) return [at];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...at, key]));
}

/** What holds where no layer says anything; some of it depends on the folder and its trust. */
function builtIn(config: Config, key: string): unknown {
  const { settings, shell_environment, project_docs, instructions, history, display } = config;
  const workspace = settings.sandbox_policy.type === "workspace-write" ? settings.sandbox_policy : undefined;
  const values: Readonly<Record<string, unknown>> = {
    model: settings.model,
    model_provider: settings.model_provider,
    approval_policy: settings.approval_policy,
    sandbox_mode: config.sandbox.mode,
    "sandbox_workspace_write.writable_roots": workspace?.writable_roots ?? [],
    "sandbox_workspace_write.network_access": workspace?.network_access ?? false,
    "sandbox_workspace_write.exclude_tmpdir_env_var": workspace?.exclude_tmpdir_env_var ?? false,
    "sandbox_workspace_write.exclude_slash_tmp": workspace?.exclude_slash_tmp ?? false,
    "sandbox.allow_missing": config.sandbox.allow_missing,
    project_doc_max_bytes: project_docs.max_bytes,
    project_doc_fallback_filenames: project_docs.fallback_filenames,
    project_root_markers: project_docs.root_markers,
    developer_instructions: instructions.developer,
    include_permissions_instructions: instructions.include_permissions,
    include_environment_context: instructions.include_environment,
    include_apps_instructions: instructions.include_apps,
    "history.persistence": history.persistence,
    hide_agent_reasoning: display.hide_agent_reasoning,
    show_raw_agent_reasoning: display.show_raw_agent_reasoning,
    log_dir: config.log_dir,
    ...Object.fromEntries(
      Object.entries(shell_environment).map(([name, value]) => [`shell_environment_policy.${name}`, value]),
    ),
  };
  return Object.hasOwn(values, key) ? values[key] : undefined;
}
