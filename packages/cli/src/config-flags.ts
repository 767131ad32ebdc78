import { realpath, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { FEATURE_NAMES, type LoadOptions } from "@codex/config";
import { CodexError } from "@codex/common";

type ConfigFlags = {
  readonly config: readonly string[];
  readonly enable: readonly string[];
  readonly disable: readonly string[];
  readonly profile?: string;
  readonly ignoreUserConfig?: true;
  readonly ignoreRules?: true;
  readonly strictConfig?: true;
};

/** What the command line says about the configuration, for `loadConfig`. Throws `bad_request`. */
export function configOptions(flags: ConfigFlags): Omit<LoadOptions, "cwd" | "env" | "session"> {
  return {
    overrides: [
      ...flags.config,
      ...flags.enable.map((name) => `${featureKey(name)}=true`),
      ...flags.disable.map((name) => `${featureKey(name)}=false`),
    ],
    ...(flags.profile === undefined ? {} : { profile: flags.profile }),
    ignore_user_config: flags.ignoreUserConfig === true,
    ignore_rules: flags.ignoreRules === true,
    strict: flags.strictConfig === true,
  };
}

/** On the command line an unknown feature is a mistake, in a file only a warning (live.md §1.2). */
function featureKey(name: string): string {
  if (FEATURE_NAMES.includes(name)) return `features.${name}`;
  throw new CodexError("bad_request", `unknown feature: ${name}`);
}

/** The working directory that `-C` names, absolute and canonical. Throws `bad_request`. */
export async function workingDirectory(cwd: string, cd: string | undefined): Promise<string> {
  const path = resolve(cwd, cd ?? ".");
  const status = await stat(path).catch(() => undefined);
  if (status?.isDirectory() === true) return realpath(path);
  const problem = status === undefined ? "there is no such directory" : "it is not a directory";
  throw new CodexError("bad_request", `cannot work in ${path}: ${problem}`);
}
