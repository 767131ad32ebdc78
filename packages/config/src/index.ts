export type {
  Config,
  ConfiguredSettings,
  Instructions,
  ModelOverrides,
  Project,
  ProjectDocs,
  ShellEnvironmentPolicy,
  Skills,
  TypedOverrides,
} from "./config.js";
export { setKey } from "./edit.js";
export { editFile } from "./edit-file.js";
export type { EditPowers, FileEdit } from "./edit-file.js";
export { FEATURE_NAMES } from "./features.js";
export { codexHome, processEnvironment } from "./home.js";
export type { Env } from "./home.js";
export { configKey, inspectAll, inspectKey, isSecretKey } from "./inspect.js";
export type { Inspected } from "./inspect.js";
export type { ConfigLayer, LayerName } from "./layer.js";
export { loadConfig } from "./load.js";
export type { LoadOptions } from "./load.js";
export { tomlValue } from "./literal.js";
export { overrideValue } from "./overrides.js";
export { locate, originsOf } from "./provenance.js";
export type { Origin } from "./provenance.js";
export type { ModelProviderSpec, TokenCommand } from "./providers.js";
export type { Trust } from "./trust.js";
export type { ConfigWarning } from "./warning.js";
