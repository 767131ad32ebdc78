import { CodexError, present } from "@codex/common";
import { join } from "node:path";
import type { Config, TypedOverrides } from "./config.js";
import { absolutePath, codexHome, processEnvironment, userHome, type Env } from "./home.js";
import { checkFile, type ConfigFile } from "./keys.js";
import { makeLayer, readLayer, type ConfigLayer } from "./layer.js";
import { parseOverride } from "./overrides.js";
import { withPermissions } from "./permissions.js";
import { problemError, unknownKeyError } from "./problem.js";
import { legacyProfile, profileFile } from "./profiles.js";
import { readProjectLayers } from "./project-layers.js";
import { narrow, readRequirements, unsetDefaults } from "./requirements.js";
import { DEFAULT_MARKERS, resolveConfig } from "./resolve.js";
import { deepFreeze, mergeTables, nest, splitKey, type Table } from "./table.js";
import { readTextFile } from "./text-file.js";
import { surveyFolders, trustOf } from "./trust.js";
import { unknownKeyWarnings, type ConfigWarning } from "./warning.js";

export type LoadOptions = {
  /** Absolute. */
  readonly cwd: string;
  /** Default: the environment of this process. */
  readonly env?: Env;
  /** Default: `codexHome(env)`. */
  readonly home?: string;
  readonly system_file?: string;
  /** Default: `/etc/codex/managed_config.toml`, above everything but flags. */
  readonly managed_file?: string;
  /** Default: `/etc/codex/requirements.toml`. */
  readonly requirements_file?: string;
  /** The texts after `-c`, in order. */
  readonly overrides?: readonly string[];
  /** Dotted keys with values: what `-c` would set, for one session. Above `-c`. */
  readonly session?: Readonly<Record<string, unknown>>;
  /** Flags: above everything. */
  readonly typed?: TypedOverrides;
  /** Adds `NAME.config.toml` of the home above the user's file. */
  readonly profile?: string;
  /** Leaves the user's `config.toml` out; credentials and profile stay. */
  readonly ignore_user_config?: boolean;
  /** Leaves the rules of the user and of the project out. */
  readonly ignore_rules?: boolean;
  /** Unknown keys are errors. */
  readonly strict?: boolean;
};

/** The options with every default, and the user's own folder. */
type Setting = LoadOptions & { readonly env: Env; readonly home: string; readonly user_home: string };

/**
 * Reads every layer once, merges and checks them (core.md §7.1, live.md §6). Throws `config_invalid`: one line with
 * the place, the key and what was expected.
 */
export async function loadConfig(options: LoadOptions): Promise<Config> {
  const env = options.env ?? processEnvironment();
  const home = options.home ?? codexHome(env);
  const setting: Setting = { ...options, env, home, user_home: userHome(env) };
  const [files, flags] = await Promise.all([fileLayers(setting), flagLayers(setting)]);
  const outer = [...files, ...flags];
  const legacy = legacyProfile(outer, home, options.profile);
  if (legacy !== undefined) throw await problemError(legacy, outer);
  const user = await checked(outer);
  const folders = surveyFolders(options.cwd, user.project_root_markers ?? DEFAULT_MARKERS, home);
  const trust = trustOf(user.projects ?? {}, options.cwd, folders);
  const project = await readProjectLayers(folders, trust, {
    file: join(home, "config.toml"),
    home: setting.user_home,
  });
  const requirements = await readRequirements(options.requirements_file ?? "/etc/codex/requirements.toml");
  const asked = await withPermissions([...files, ...project.layers, ...flags]);
  const { layers, warnings: required } =
    requirements === undefined
      ? { layers: asked, warnings: [] }
      : await narrow(asked, requirements, unsetDefaults(trust));
  if (options.strict === true) await refuseUnknownKeys(layers);
  const file = layers.length === outer.length ? user : await checked(layers);
  const instructions_text = await readInstructions(file, layers);
  const add_dirs = (options.typed?.add_dirs ?? []).map((path) => absolutePath(path, options.cwd, setting.user_home));
  const compact_text = await readTextKey("experimental_compact_prompt_file", file, layers);
  const texts = { ...present("instructions_text", instructions_text), ...present("compact_text", compact_text) };
  const rules = options.ignore_rules === true ? "ignored" : "read";
  const resolved = resolveConfig({ cwd: options.cwd, home, env, file, folders, trust, rules, add_dirs, ...texts });
  if ("problem" in resolved) throw await problemError(resolved.problem, layers);
  const warnings = [...required, ...project.warnings, ...unknownKeyWarnings(layers), ...deprecations(layers)];
  return deepFreeze({ ...resolved.config, warnings, layers });
}

async function fileLayers(setting: Setting): Promise<readonly ConfigLayer[]> {
  const { home, user_home, profile } = setting;
  const layers = await Promise.all([
    readLayer("system", setting.system_file ?? "/etc/codex/config.toml", user_home),
    setting.ignore_user_config === true ? undefined : readLayer("user", join(home, "config.toml"), user_home),
    profile === undefined ? undefined : readLayer("profile", profileFile(home, profile), user_home),
  ]);
  return layers.filter((layer) => layer !== undefined);
}

async function flagLayers(setting: Setting): Promise<readonly ConfigLayer[]> {
  const overrides = await Promise.all((setting.overrides ?? []).map(parseOverride));
  const session = Object.entries(setting.session ?? {}).map(([key, value]) => {
    const path = splitKey(key);
    if (path === undefined) throw new CodexError("config_invalid", `session settings: ${key}: expected a dotted key`);
    return nest(path, value);
  });
  const managed = await readLayer(
    "managed",
    setting.managed_file ?? "/etc/codex/managed_config.toml",
    setting.user_home,
  );
  const { add_dirs: _, ...typed } = setting.typed ?? {};
  const flags = Object.entries(typed).filter(([, value]) => value !== undefined);
  return [
    ...overrides.map(({ path, value }) => makeLayer("-c", nest(path, value), setting)),
    ...session.map((values) => makeLayer("session", values, setting)),
    ...(managed === undefined ? [] : [managed]),
    ...(flags.length === 0 ? [] : [makeLayer("flags", Object.fromEntries(flags), setting)]),
  ];
}

async function checked(layers: readonly ConfigLayer[]): Promise<ConfigFile> {
  const result = checkFile(layers.reduce<Table>((merged, layer) => mergeTables(merged, layer.values), {}));
  if ("problem" in result) throw await problemError(result.problem, layers);
  return result.value;
}

async function refuseUnknownKeys(layers: readonly ConfigLayer[]): Promise<void> {
  const error = await unknownKeyError(layers);
  if (error !== undefined) throw error;
}

/** The file wins over its older name (core.md §7.3). */
async function readInstructions(file: ConfigFile, layers: readonly ConfigLayer[]): Promise<string | undefined> {
  const key = file.model_instructions_file === undefined ? "experimental_instructions_file" : "model_instructions_file";
  return readTextKey(key, file, layers);
}

type TextKey = "experimental_instructions_file" | "model_instructions_file" | "experimental_compact_prompt_file";

/** The text of the file that a key names; it must exist and say something. */
async function readTextKey(
  key: TextKey,
  file: ConfigFile,
  layers: readonly ConfigLayer[],
): Promise<string | undefined> {
  const path = file[key];
  if (path === undefined) return undefined;
  const text = readTextFile(path);
  if (text !== undefined && text.trim() !== "") return text;
  const message = text === undefined ? `no such file: ${path}` : `the file is empty: ${path}`;
  throw await problemError({ path: [key], message }, layers);
}

function deprecations(layers: readonly ConfigLayer[]): readonly ConfigWarning[] {
  return layers
    .filter((layer) => Object.hasOwn(layer.values, "experimental_instructions_file"))
    .map((layer) => {
      const message = `${layer.file ?? layer.name}: experimental_instructions_file is now model_instructions_file`;
      return { code: "deprecated", message } as const;
    });
}
