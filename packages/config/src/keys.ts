import { FEATURE_NAMES } from "./features.js";
import {
  amount,
  anything,
  choice,
  count,
  either,
  findProblem,
  flag,
  known,
  list,
  map,
  path,
  table,
  text,
  type Infer,
  type Problem,
} from "./schema.js";

/** `[model_providers.<id>]` (core.md §2.10). Which combinations make sense is told in providers.ts. */
const PROVIDER = table({
  name: text,
  base_url: text,
  env_key: text,
  env_key_instructions: text,
  experimental_bearer_token: text,
  auth: table({
    command: text,
    args: list(text),
    timeout_ms: count(1),
    refresh_interval_ms: count(0),
    cwd: path,
  }),
  aws: table({ profile: text, region: text }),
  wire_api: text,
  query_params: map(text),
  http_headers: map(text),
  env_http_headers: map(text),
  request_max_retries: count(0),
  stream_max_retries: count(0),
  stream_idle_timeout_ms: count(1),
  websocket_connect_timeout_ms: count(1),
  requires_openai_auth: flag,
  supports_websockets: flag,
});

const GRANULAR = table({
  sandbox_approval: flag,
  rules: flag,
  skill_approval: flag,
  request_permissions: flag,
  mcp_elicitations: flag,
});

const FEATURE = either(flag, table({ enabled: flag }));

/** The keys that something reads, with their types (core.md §7.3). */
const READ = {
  model: text,
  model_provider: text,
  model_providers: map(PROVIDER),
  openai_base_url: text,
  model_context_window: count(1),
  model_auto_compact_token_limit: count(1),
  model_reasoning_effort: text,
  model_reasoning_summary: choice("auto", "concise", "detailed", "none"),
  model_verbosity: choice("low", "medium", "high"),
  service_tier: text,
  tool_output_token_limit: count(0),
  approval_policy: either(choice("untrusted", "on-failure", "on-request", "never"), table({ granular: GRANULAR })),
  sandbox_mode: choice("read-only", "workspace-write", "danger-full-access", "external-sandbox"),
  default_permissions: text,
  permissions: map(anything),
  sandbox_workspace_write: table({
    writable_roots: list(path),
    network_access: flag,
    exclude_tmpdir_env_var: flag,
    exclude_slash_tmp: flag,
  }),
  environment: table({
    type: choice("direct", "docker", "ssh"),
    image: text,
    host: text,
    cwd: text,
    helper: text,
    client: list(text),
  }),
  undo: table({ enabled: flag, keep_days: count(1), max_mb: count(1) }),
  sandbox: table({
    allow_missing: list(choice("protected-metadata")),
    deny: list(text),
    known_secrets: choice("hide", "show"),
  }),
  shell_environment_policy: table({
    inherit: choice("all", "core", "none"),
    ignore_default_excludes: flag,
    exclude: list(text),
    set: map(text),
    include_only: list(text),
    experimental_use_profile: flag,
  }),
  project_doc_max_bytes: count(0),
  project_doc_fallback_filenames: list(text),
  project_root_markers: list(text),
  instructions: text,
  developer_instructions: text,
  model_instructions_file: path,
  experimental_instructions_file: path,
  compact_prompt: text,
  experimental_compact_prompt_file: path,
  include_permissions_instructions: flag,
  include_apps_instructions: flag,
  include_environment_context: flag,
  history: table({ persistence: choice("save-all", "none"), max_bytes: count(0) }),
  notify: list(text),
  limits: table({
    max_tokens: count(1),
    max_usd: amount,
    max_turns: count(1),
    max_processes: count(1),
    max_output_bytes: count(0),
    max_agents: count(0),
    max_agent_depth: count(0),
  }),
  pricing: map(table({ input: amount, cached_input: amount, output: amount })),
  log_dir: path,
  review_model: text,
  oss_provider: choice("ollama", "lmstudio"),
  skills: table({
    config: list(table({ path, name: text, enabled: flag })),
    include_instructions: flag,
    bundled: anything,
  }),
  hide_agent_reasoning: flag,
  show_raw_agent_reasoning: flag,
  projects: map(table({ trust_level: choice("trusted", "untrusted") })),
  features: table(Object.fromEntries(FEATURE_NAMES.map((name) => [name, FEATURE]))),
  experimental_use_unified_exec_tool: flag,
  experimental_use_freeform_apply_patch: flag,
} as const;

/** The other keys of core.md §7.3: accepted silently until something reads them. `profiles.ts` refuses `profile`. */
const KNOWN = {
  agents: anything,
  allow_login_shell: anything,
  analytics: known("enabled"),
  approvals_reviewer: anything,
  apps: anything,
  apps_mcp_product_sku: anything,
  audio: anything,
  auto_review: known("policy"),
  background_terminal_max_timeout: anything,
  chatgpt_base_url: anything,
  check_for_update_on_startup: anything,
  cli_auth_credentials_store: anything,
  commit_attribution: anything,
  desktop: anything,
  disable_paste_burst: anything,
  experimental_realtime_webrtc_call_base_url: anything,
  experimental_realtime_ws_base_url: anything,
  experimental_realtime_ws_model: anything,
  feedback: known("enabled"),
  file_opener: anything,
  forced_chatgpt_workspace_id: anything,
  forced_login_method: anything,
  ghost_snapshot: known("ignore_large_untracked_files", "ignore_large_untracked_dirs", "disable_warnings"),
  goals: anything,
  hooks: anything,
  include_collaboration_mode_instructions: anything,
  js_repl_node_module_dirs: anything,
  js_repl_node_path: anything,
  marketplaces: anything,
  mcp_oauth_callback_port: anything,
  mcp_oauth_callback_url: anything,
  mcp_oauth_credentials_store: anything,
  mcp_servers: anything,
  memories: anything,
  model_auto_compact_token_limit_scope: anything,
  model_catalog_json: anything,
  model_supports_reasoning_summaries: anything,
  notice: anything,
  orchestrator: anything,
  otel: known("log_user_prompt", "environment", "exporter", "trace_exporter", "metrics_exporter"),
  personality: anything,
  plan_mode_reasoning_effort: anything,
  plugins: anything,
  profile: anything,
  profiles: anything,
  realtime: anything,
  responses_api_metadata: anything,
  sqlite_home: anything,
  suppress_unstable_features_warning: anything,
  tool_suggest: anything,
  tools: known("web_search", "view_image", "update_plan", "experimental_request_user_input"),
  tools_view_image: anything,
  tui: known(
    "alternate_screen",
    "animations",
    "keymap",
    "notification_condition",
    "notification_method",
    "notifications",
    "pet",
    "raw_output_mode",
    "resume_cwd",
    "session_picker_view",
    "show_tooltips",
    "status_line",
    "status_line_use_colors",
    "terminal_title",
    "theme",
    "vim_mode_default",
  ),
  web_search: anything,
  windows: known("sandbox"),
  zsh_path: anything,
} as const;

/** Every key a configuration file may hold. */
export const FILE = table({ ...KNOWN, ...READ });

/** All layers merged and checked. */
export type ConfigFile = Infer<typeof FILE>;
export type ProviderTable = Infer<typeof PROVIDER>;

export type Checked = { readonly value: ConfigFile } | { readonly problem: Problem };

/** Checks merged layers. */
export function checkFile(value: unknown): Checked {
  const problem = findProblem(FILE, value, []);
  if (isConfigFile(value, problem)) return { value };
  return { problem: problem ?? { path: [], message: "is not readable" } };
}

function isConfigFile(_value: unknown, problem: Problem | undefined): _value is ConfigFile {
  return problem === undefined;
}
