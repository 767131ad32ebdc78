import type { AskForApproval, Limits, OptionalGuarantee, Prices, SandboxMode, TurnSettings } from "@codex/protocol";
import type { ConfigLayer } from "./layer.js";
import type { ModelProviderSpec } from "./providers.js";
import type { Trust } from "./trust.js";
import type { ConfigWarning } from "./warning.js";

/** Everything a session needs to know, resolved. Plain data, frozen through and through. */
export type Config = {
  /** `CODEX_HOME`, absolute. May not exist yet: whoever writes there makes it. */
  readonly home: string;
  readonly settings: ConfiguredSettings;
  readonly model: ModelOverrides;
  /** The selected provider. */
  readonly provider: ModelProviderSpec;
  /** Built-ins and the user's own, by id. */
  readonly providers: Readonly<Record<string, ModelProviderSpec>>;
  readonly shell_environment: ShellEnvironmentPolicy;
  readonly project: Project;
  readonly project_docs: ProjectDocs;
  readonly sandbox: {
    readonly mode: SandboxMode;
    /** Guarantees the user consents to do without where the kernel refuses them. */
    readonly allow_missing: readonly OptionalGuarantee[];
    /** Paths and globs that commands may not even read; relative ones below the working directory. */
    readonly deny: readonly string[];
    /** `show`: well-known places of keys and logins are as readable as the rest. */
    readonly known_secrets: "hide" | "show";
  };
  /** Where commands run. */
  readonly environment: PlaceSettings;
  /** Snapshots around steps that change files: for how many days, and how much of the disk per folder. */
  readonly undo: { readonly enabled: boolean; readonly keep_days: number; readonly max_mb: number };
  readonly instructions: Instructions;
  /** Program and arguments that are told of every finished turn; absent: none. */
  readonly notify?: readonly string[];
  readonly skills: Skills;
  readonly history: {
    readonly persistence: "save-all" | "none";
    /** Absent: no limit. */
    readonly max_bytes?: number;
  };
  readonly limits: Limits;
  /** What models cost, beside or instead of the list prices. */
  readonly pricing: Prices;
  /** Absolute. Where debug logs go. */
  readonly log_dir: string;
  /** Of reviews; absent: the model of everything else. */
  readonly review_model?: string;
  /** For `--oss`. */
  readonly oss_provider?: "ollama" | "lmstudio";
  /** `ignored`: rules of the user and of the project are not read; those of the system are. */
  readonly rules: "read" | "ignored";
  readonly display: { readonly hide_agent_reasoning: boolean; readonly show_raw_agent_reasoning: boolean };
  /** Known features that were set, by today's names; the default of any other belongs to whoever reads it. */
  readonly features: Readonly<Record<string, boolean>>;
  readonly warnings: readonly ConfigWarning[];
  /** Low to high; `originsOf` asks them who set a key. */
  readonly layers: readonly ConfigLayer[];
};

/** Where a session starts. `model` absent: the catalog's default. */
export type ConfiguredSettings = Omit<TurnSettings, "model" | "output_schema"> & { readonly model?: string };

/** What the user says about a model instead of the catalog. Tokens. */
export type ModelOverrides = {
  readonly context_window?: number;
  readonly auto_compact_token_limit?: number;
  readonly tool_output_token_limit?: number;
};

/** Which variables a command gets (core.md §7.4). */
export type ShellEnvironmentPolicy = {
  readonly inherit: "all" | "core" | "none";
  /** Absent: names that look like secrets are dropped where commands are confined. */
  readonly ignore_default_excludes?: boolean;
  /** Patterns: whole name, any case, `*` and `?`. */
  readonly exclude: readonly string[];
  readonly set: Readonly<Record<string, string>>;
  /** Empty: all. */
  readonly include_only: readonly string[];
  readonly experimental_use_profile: boolean;
};

/** `[environment]`: this machine, a container, or another machine over ssh. Ours; the README of `exec` explains it. */
export type PlaceSettings =
  | { readonly type: "direct" }
  | { readonly type: "docker"; readonly image: string; readonly client?: readonly string[] }
  | {
      readonly type: "ssh";
      readonly host: string;
      readonly cwd?: string;
      readonly helper?: string;
      readonly client?: readonly string[];
    };

export type Project = {
  readonly trust: Trust;
  /** Canonical. The working directory itself where no marker is found. */
  readonly root: string;
  /** Canonical; of the main repository in a linked work tree. */
  readonly git_root?: string;
};

/** Where AGENTS.md files are looked for (core.md §3.3). */
export type ProjectDocs = {
  /** Over all files; 0: none are read. */
  readonly max_bytes: number;
  readonly fallback_filenames: readonly string[];
  /** Empty: the working directory is the root. */
  readonly root_markers: readonly string[];
  /** False in an explicitly untrusted project: only the user's own file is read (live.md §0). */
  readonly include_project: boolean;
};

export type Skills = {
  /** Tell the model which skills there are. */
  readonly include_instructions: boolean;
  /** Switched off: by their name, or by the absolute path of their file or folder. */
  readonly disabled: readonly string[];
};

export type Instructions = {
  /** Replaces the base instructions. */
  readonly base?: string;
  /** Asks for a summary instead of our own text. */
  readonly compact?: string;
  /** Empty: none. */
  readonly developer: string;
  readonly include_permissions: boolean;
  readonly include_environment: boolean;
  readonly include_apps: boolean;
};

/** What flags say. */
export type TypedOverrides = {
  readonly model?: string;
  readonly model_provider?: string;
  readonly sandbox_mode?: SandboxMode;
  /** Name of a permission profile. */
  readonly default_permissions?: string;
  readonly approval_policy?: AskForApproval;
  /** Writable besides the working directory; relative to it. */
  readonly add_dirs?: readonly string[];
};
