import type { Config } from "@codex/config";
import type { Environment, Hooks } from "@codex/protocol";
import type { ShellPowers } from "../tools/shell-powers.js";
import { createCommandHooks } from "./command-hooks.js";
import { hookRulesOf } from "./hook-rule.js";
import { NO_HOOKS } from "./no-hooks.js";

/** The hooks of the configuration; `[features] hooks = false` leaves them out. Throws `config_invalid`. */
export function openHooks(config: Config, host: Environment, powers: ShellPowers): Hooks {
  const rules = config.features["hooks"] === false ? [] : hookRulesOf(config);
  return rules.length === 0 ? NO_HOOKS : createCommandHooks({ rules, host, powers });
}
