import { CodexError } from "@codex/common";
import { join } from "node:path";
import type { ConfigLayer } from "./layer.js";
import type { Problem } from "./schema.js";
import { isTable } from "./table.js";

/** The file of `--profile NAME`. It need not exist (live.md §6.1). */
export function profileFile(home: string, profile: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(profile)) {
    throw new CodexError(
      "config_invalid",
      `--profile ${JSON.stringify(profile)}: expected a name of letters, digits, "_", "-" and "."`,
    );
  }
  return join(home, `${profile}.config.toml`);
}

/** The older forms: a `profile` key anywhere, or a `[profiles.NAME]` table of the profile that is asked for. */
export function legacyProfile(
  layers: readonly ConfigLayer[],
  home: string,
  profile: string | undefined,
): Problem | undefined {
  for (const layer of layers) {
    if (Object.hasOwn(layer.values, "profile")) {
      const message = `no longer supported; put the settings into ${join(home, "NAME.config.toml")} and use --profile NAME`;
      return { path: ["profile"], message };
    }
    const tables = layer.values["profiles"];
    if (profile !== undefined && isTable(tables) && Object.hasOwn(tables, profile)) {
      const message = `no longer supported; move the settings to ${profileFile(home, profile)}`;
      return { path: ["profiles", profile], message };
    }
  }
  return undefined;
}
