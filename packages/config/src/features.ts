/** Features known by name (core.md §7.7). A default belongs to whoever implements the feature. */
const FEATURES = [
  "apply_patch_freeform",
  "apply_patch_streaming_events",
  "apps",
  "auth_elicitation",
  "child_agents_md",
  "chronicle",
  "code_mode",
  "code_mode_host",
  "codex_git_commit",
  "default_mode_request_user_input",
  "enable_request_compression",
  "exec_permission_approvals",
  "external_migration",
  "fast_mode",
  "general_analytics",
  "goals",
  "guardian_approval",
  "hooks",
  "image_generation",
  "js_repl",
  "memories",
  "mentions_v2",
  "multi_agent",
  "multi_agent_v2",
  "network_proxy",
  "personality",
  "plugins",
  "prevent_idle_sleep",
  "realtime_conversation",
  "remote_compaction_v2",
  "request_permissions_tool",
  "respect_system_proxy",
  "runtime_metrics",
  "shell_snapshot",
  "shell_tool",
  "shell_zsh_fork",
  "skill_mcp_dependency_install",
  "skill_search",
  "tool_call_mcp_elicitation",
  "tool_search",
  "tool_suggest",
  "undo",
  "unified_exec",
  "use_legacy_landlock",
  "view_image",
  "workspace_dependencies",
] as const;

/** Accepted without an effect: they are always on, gone, or have become a key of their own. */
const RETIRED = [
  "collaboration_modes",
  "remote_models",
  "request_rule",
  "responses_websockets",
  "responses_websockets_v2",
  "search_tool",
  "sqlite",
  "steer",
  "tui_app_server",
  "use_linux_sandbox_bwrap",
  "web_search_cached",
  "web_search_request",
] as const;

/** Older names, and what they are called now. */
const ALIASES: Readonly<Record<string, string>> = {
  codex_hooks: "hooks",
  collab: "multi_agent",
  connectors: "apps",
  experimental_use_freeform_apply_patch: "apply_patch_freeform",
  experimental_use_unified_exec_tool: "unified_exec",
  include_apply_patch_tool: "apply_patch_freeform",
  memory_tool: "memories",
  request_permissions: "exec_permission_approvals",
  telepathy: "chronicle",
};

/** Every name that `[features]` accepts without a warning. */
export const FEATURE_NAMES: readonly string[] = [...FEATURES, ...RETIRED, ...Object.keys(ALIASES)];

/** What was set, by today's names. A feature under its own name wins over an older name of it. */
export function namedFeatures(
  set: Readonly<Record<string, boolean | { readonly enabled?: boolean } | undefined>>,
): Readonly<Record<string, boolean>> {
  const values = Object.entries(set).map(([name, value]) => [name, typeof value === "object" ? value.enabled : value]);
  const isAlias = (name: unknown) => typeof name === "string" && Object.hasOwn(ALIASES, name);
  const aliases = values.filter(([name]) => isAlias(name)).map(([name, value]) => [ALIASES[String(name)], value]);
  const own = values.filter(([name]) => FEATURES.some((feature) => feature === name));
  return Object.fromEntries(
    [...aliases, ...own].flatMap(([name, value]) => (typeof value === "boolean" ? [[String(name), value]] : [])),
  );
}
