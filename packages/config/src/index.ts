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
export { FEATURE_NAMES } from "./features.js";
export { codexHome, processEnvironment } from "./home.js";
export type { Env } from "./home.js";
export type { ConfigLayer, LayerName } from "./layer.js";
export { loadConfig } from "./load.js";
export type { LoadOptions } from "./load.js";
export { locate, originsOf } from "./provenance.js";
export type { Origin } from "./provenance.js";
export type { ModelProviderSpec, TokenCommand } from "./providers.js";
export type { Trust } from "./trust.js";
export type { ConfigWarning } from "./warning.js";
