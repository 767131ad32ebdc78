import { join } from "node:path";
import { present } from "@codex/common";
import type { AskForApproval, Price, Prices, SandboxMode, SandboxPolicy } from "@codex/protocol";
import type {
  Config,
  ConfiguredSettings,
  Instructions,
  ModelOverrides,
  ProjectDocs,
  ShellEnvironmentPolicy,
  Skills,
} from "./config.js";
import { namedFeatures } from "./features.js";
import type { Env } from "./home.js";
import type { ConfigFile } from "./keys.js";
import { placeSettings } from "./place.js";
import { resolveProviders, selectProvider, type Report } from "./providers.js";
import { unsetDefaults } from "./requirements.js";
import type { Problem } from "./schema.js";
import type { Folders, Trust } from "./trust.js";

/** What the layers say, and what is true around them. */
export type Findings = {
  /** Absolute. */
  readonly cwd: string;
  readonly home: string;
  readonly env: Env;
  readonly file: ConfigFile;
  readonly folders: Folders;
  readonly trust: Trust;
  readonly rules: Config["rules"];
  /** Absolute. */
  readonly add_dirs: readonly string[];
  /** The text of `model_instructions_file`. */
  readonly instructions_text?: string;
  /** The text of `experimental_compact_prompt_file`. */
  readonly compact_text?: string;
};

export const DEFAULT_MARKERS: readonly string[] = [".git"];

type Resolved = { readonly config: Omit<Config, "warnings" | "layers"> } | { readonly problem: Problem };

/** Fills every default. The first contradiction is told. */
export function resolveConfig(findings: Findings): Resolved {
  const { file, folders, trust } = findings;
  const problems: Problem[] = [];
  const report: Report = (problem) => problems.push(problem);
  const providers = resolveProviders(file, findings.env, report);
  const provider = selectProvider(file, providers, report);
  const settings = settingsOf(findings, report);
  const environment = placeSettings(file, report);
  const problem = problems[0];
  if (problem !== undefined) return { problem };
  if (provider === undefined) return { problem: { path: ["model_provider"], message: "no such provider" } };
  const config = {
    home: findings.home,
    settings,
    model: modelOverrides(file),
    provider,
    providers,
    shell_environment: shellEnvironment(file),
    project: { trust, root: folders.root, ...present("git_root", folders.git_root) },
    project_docs: projectDocs(file, trust),
    sandbox: sandboxOf(file, trust),
    environment,
    undo: undoOf(file),
    instructions: instructionsOf(findings),
    ...present("notify", file.notify?.length === 0 ? undefined : file.notify),
    skills: skillsOf(file),
    history: { persistence: file.history?.persistence ?? "save-all", ...present("max_bytes", file.history?.max_bytes) },
    limits: file.limits ?? {},
    pricing: pricing(file, report),
    log_dir: file.log_dir ?? join(findings.home, "log"),
    ...present("review_model", file.review_model),
    ...present("oss_provider", file.oss_provider),
    rules: findings.rules,
    display: {
      hide_agent_reasoning: file.hide_agent_reasoning ?? false,
      show_raw_agent_reasoning: file.show_raw_agent_reasoning ?? false,
    },
    features: featuresOf(file),
  } as const;
  return { config };
}

function settingsOf(findings: Findings, report: Report): ConfiguredSettings {
  const { file, trust } = findings;
  return {
    cwd: findings.cwd,
    ...present("model", file.model),
    model_provider: file.model_provider ?? "openai",
    approval_policy: approvalPolicy(file, trust, report),
    sandbox_policy: sandboxPolicy(findings),
    ...present("effort", file.model_reasoning_effort),
    ...present("summary", file.model_reasoning_summary),
    ...present("verbosity", file.model_verbosity),
    ...present("service_tier", file.service_tier),
  };
}

/** The feature of the same name switches it off too. */
function undoOf(file: ConfigFile): Config["undo"] {
  const { enabled = true, keep_days = 7, max_mb = 2048 } = file.undo ?? {};
  return { enabled: enabled && featuresOf(file)["undo"] !== false, keep_days, max_mb };
}

function pricing(file: ConfigFile, report: Report): Prices {
  const prices: Record<string, Price> = {};
  for (const [model, { input, cached_input, output }] of Object.entries(file.pricing ?? {})) {
    if (input === undefined || output === undefined) {
      report({ path: ["pricing", model], message: "expected both input and output" });
      continue;
    }
    prices[model] = { input, output, ...present("cached_input", cached_input) };
  }
  return prices;
}

function approvalPolicy(file: ConfigFile, trust: Trust, report: Report): AskForApproval {
  const written = file.approval_policy;
  if (written === undefined) return unsetDefaults(trust).approval_policy;
  if (typeof written === "string") return written;
  const at = ["approval_policy", "granular"];
  if (written.granular === undefined) {
    report({ path: ["approval_policy"], message: "expected a table with the key granular" });
  }
  const granular = written.granular ?? {};
  const required = (key: "sandbox_approval" | "rules" | "mcp_elicitations"): boolean => {
    const value = granular[key];
    if (value === undefined) report({ path: [...at, key], message: "expected true or false, found nothing" });
    return value ?? false;
  };
  return {
    granular: {
      sandbox_approval: required("sandbox_approval"),
      rules: required("rules"),
      mcp_elicitations: required("mcp_elicitations"),
      ...present("skill_approval", granular.skill_approval),
      ...present("request_permissions", granular.request_permissions),
    },
  };
}

/** Unset in a project nobody has decided about: read-only (core.md §7.2, live.md §6.1). */
function sandboxMode(file: ConfigFile, trust: Trust): SandboxMode {
  return file.sandbox_mode ?? unsetDefaults(trust).sandbox_mode;
}

function sandboxPolicy({ file, trust, add_dirs }: Findings): SandboxPolicy {
  const mode = sandboxMode(file, trust);
  switch (mode) {
    case "danger-full-access":
      return { type: mode };
    case "read-only":
      return { type: mode };
    case "external-sandbox":
      return { type: mode, network_access: "restricted" };
    case "workspace-write": {
      const workspace = file.sandbox_workspace_write ?? {};
      return {
        type: mode,
        writable_roots: [...new Set([...(workspace.writable_roots ?? []), ...add_dirs])],
        network_access: workspace.network_access ?? false,
        exclude_tmpdir_env_var: workspace.exclude_tmpdir_env_var ?? false,
        exclude_slash_tmp: workspace.exclude_slash_tmp ?? false,
      };
    }
    default:
      return mode satisfies never;
  }
}

function sandboxOf(file: ConfigFile, trust: Trust): Config["sandbox"] {
  const { allow_missing = [], deny = [], known_secrets = "hide" } = file.sandbox ?? {};
  return { mode: sandboxMode(file, trust), allow_missing, deny, known_secrets };
}

function modelOverrides(file: ConfigFile): ModelOverrides {
  return {
    ...present("context_window", file.model_context_window),
    ...present("auto_compact_token_limit", file.model_auto_compact_token_limit),
    ...present("tool_output_token_limit", file.tool_output_token_limit),
  };
}

function shellEnvironment(file: ConfigFile): ShellEnvironmentPolicy {
  return {
    inherit: "all",
    exclude: [],
    set: {},
    include_only: [],
    experimental_use_profile: false,
    ...file.shell_environment_policy,
  };
}

function projectDocs(file: ConfigFile, trust: Trust): ProjectDocs {
  return {
    max_bytes: file.project_doc_max_bytes ?? 32_768,
    fallback_filenames: file.project_doc_fallback_filenames ?? [],
    root_markers: file.project_root_markers ?? DEFAULT_MARKERS,
    include_project: trust !== "untrusted",
  };
}

function skillsOf({ skills }: ConfigFile): Skills {
  const off = (skills?.config ?? []).filter(({ enabled }) => enabled === false);
  return {
    include_instructions: skills?.include_instructions ?? true,
    disabled: off.flatMap(({ path, name }) => [path, name].filter((each) => each !== undefined)),
  };
}

function instructionsOf({ file, instructions_text, compact_text }: Findings): Instructions {
  return {
    ...present("base", instructions_text ?? file.instructions),
    ...present("compact", file.compact_prompt ?? compact_text),
    developer: file.developer_instructions ?? "",
    include_permissions: file.include_permissions_instructions ?? true,
    include_environment: file.include_environment_context ?? true,
    include_apps: file.include_apps_instructions ?? true,
  };
}

/** The two older top-level switches count less than `[features]`. */
function featuresOf(file: ConfigFile): Readonly<Record<string, boolean>> {
  const older = {
    ...present("experimental_use_unified_exec_tool", file.experimental_use_unified_exec_tool),
    ...present("experimental_use_freeform_apply_patch", file.experimental_use_freeform_apply_patch),
  };
  return { ...namedFeatures(older), ...namedFeatures(file.features ?? {}) };
}
