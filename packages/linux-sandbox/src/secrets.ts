import { join, resolve } from "node:path";

import { CodexError } from "@codex/common";

import { expandGlob, isGlob } from "./globs.js";
import { isSameOrBelow } from "./paths.js";
import { exists, followLinks } from "./protected.js";

/**
 * Where programs keep what lets others act as the user; below the home directory. Only what a program can do without
 * as long as it does not log in somewhere: `~/.gitconfig`, `~/.m2/settings.xml` and the like stay readable.
 */
export const KNOWN_SECRETS = [
  // keys and their stores
  ".ssh",
  ".gnupg",
  ".password-store",
  ".local/share/keyrings",
  ".config/op",
  ".vault-token",
  // clouds
  ".aws",
  ".azure",
  ".config/gcloud",
  ".boto",
  ".s3cfg",
  ".oci",
  ".kube",
  ".docker/config.json",
  ".config/doctl",
  ".config/hcloud",
  ".config/rclone",
  ".fly/config.yml",
  ".terraform.d/credentials.tfrc.json",
  // package registries
  ".npmrc",
  ".yarnrc.yml",
  ".pypirc",
  ".cargo/credentials",
  ".cargo/credentials.toml",
  ".gem/credentials",
  ".m2/settings-security.xml",
  // code hosts, databases and other logins
  ".git-credentials",
  ".config/git/credentials",
  ".config/gh/hosts.yml",
  ".config/glab-cli",
  ".netrc",
  ".pgpass",
  ".my.cnf",
  ".claude/.credentials.json",
] as const;

/** Below `$CODEX_HOME`: the user's login to the model. */
const CODEX_SECRETS = ["auth.json"] as const;

/** What to hide from commands. All absent: nothing. */
export type HideOptions = {
  /** The user's home directory. Absent: no known secret below it is hidden, and `~/` in `deny` is an error. */
  readonly home?: string | undefined;
  /** `$CODEX_HOME`. Absent: its login is not hidden. */
  readonly codex_home?: string | undefined;
  /** `show`: only what `deny` names is hidden. Default: `hide`. */
  readonly known_secrets?: "hide" | "show" | undefined;
  /** Paths and globs that may not even be read; relative ones below the session's directory. */
  readonly deny?: readonly string[] | undefined;
};

export type Hidden = {
  /** What somebody named, canonical: held, or the start is refused. */
  readonly denied: readonly string[];
  /** Known secrets that exist, canonical: held where the kernel can. */
  readonly secrets: readonly string[];
  /** Symbolic links on the way to both: whoever turns one would have the next command look elsewhere. */
  readonly links: readonly string[];
};

/** Throws `config_invalid` for a `deny` entry that cannot be held. */
export async function findHidden(options: HideOptions, cwd: string): Promise<Hidden> {
  const named: string[] = [];
  for (const entry of options.deny ?? []) named.push(...(await expand(entry, cwd, options.home)));
  const denied = named.map(followLinks);
  const secrets = options.known_secrets === "show" ? [] : knownSecrets(options).map(followLinks);
  const ends = new Set(denied.map(({ end }) => end));
  return {
    denied: [...ends],
    secrets: [...new Set(secrets.map(({ end }) => end))].filter((end) => end !== "/" && !ends.has(end)),
    links: [...denied, ...secrets].flatMap(({ links }) => links),
  };
}

/** A known secret at or around a place that somebody opened stays open. */
export function withoutOpened(secrets: readonly string[], opened: readonly string[]): readonly string[] {
  return secrets.filter((secret) => !opened.some((place) => isSameOrBelow(place, secret)));
}

function knownSecrets({ home, codex_home }: HideOptions): readonly string[] {
  const below = (folder: string | undefined, names: readonly string[]): readonly string[] =>
    folder?.startsWith("/") === true ? names.map((name) => join(folder, name)) : [];
  return [...below(home, KNOWN_SECRETS), ...below(codex_home, CODEX_SECRETS)].filter(exists);
}

/** A name with brackets in it may be meant as it stands. */
async function expand(entry: string, cwd: string, home: string | undefined): Promise<readonly string[]> {
  const { base, rest } = placeOf(entry, cwd, home);
  const path = resolve(base, rest);
  if (path === "/")
    throw new CodexError("config_invalid", "/ cannot be unreadable; remove it from the unreadable paths");
  if (!isGlob(rest)) return [path];
  return [...(exists(path) ? [path] : []), ...(await expandGlob(base, rest))];
}

type Place = { readonly base: string; readonly rest: string };

function placeOf(entry: string, cwd: string, home: string | undefined): Place {
  if (entry.startsWith("/")) return { base: "/", rest: entry.slice(1) };
  if (entry !== "~" && !entry.startsWith("~/")) return { base: cwd, rest: entry };
  if (home !== undefined) return { base: home, rest: entry.slice(2) };
  throw new CodexError("config_invalid", `there is no home directory for the unreadable path ${entry}`);
}
