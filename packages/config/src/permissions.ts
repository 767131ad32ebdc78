import type { ConfigLayer } from "./layer.js";
import { problemError } from "./problem.js";
import { originsAt } from "./provenance.js";
import type { Problem } from "./schema.js";
import { isTable, mergeTables, type KeyPath, type Table } from "./table.js";

type Profile = { readonly filesystem: Table; readonly network: boolean };
type Found = { readonly profile: Profile } | { readonly problem: Problem };

/** Ids that need no table (exec.md §4.2). */
const BUILT_IN: Readonly<Record<string, Profile>> = {
  ":read-only": { filesystem: { ":root": "read" }, network: false },
  ":workspace": {
    filesystem: { ":root": "read", ":workspace_roots": "write", ":tmpdir": "write", ":slash_tmp": "write" },
    network: false,
  },
  ":danger-full-access": { filesystem: { ":root": "write" }, network: true },
};
const WORKSPACE = [":workspace_roots", ":project_roots", ":cwd"];
/** Read-only in every writable root anyway. */
const PROTECTED = [".git", ".agents", ".codex"];
const ACCESS = ["read", "write", "deny", "none"];

/**
 * The layers, and where `default_permissions` names a profile, above the layer that names it, one that says the same
 * with our own keys: what comes above that, and what an administrator requires, holds as for any other. Throws
 * `config_invalid` for a profile that cannot be held as it is written.
 */
export async function withPermissions(layers: readonly ConfigLayer[]): Promise<readonly ConfigLayer[]> {
  const [origin] = originsAt(layers, ["default_permissions"]);
  if (origin === undefined) return layers;
  const index = layers.indexOf(origin.layer);
  const below = layers.reduce<Table>((merged, { values }) => mergeTables(merged, values), {});
  const found = readProfile(String(origin.value), below["permissions"], []);
  const settings = "problem" in found ? found : settingsOf(found.profile, ["permissions", String(origin.value)]);
  if ("problem" in settings) throw await problemError(settings.problem, layers);
  if (origin.layer.values["sandbox_mode"] !== undefined) {
    const message = "sandbox_mode is set beside it: leave one of them out";
    throw await problemError({ path: ["default_permissions"], message }, layers);
  }
  const sandbox = layers.slice(0, index + 1).reduce<Table>((merged, { values }) => mergeTables(merged, values), {});
  const named = isTable(sandbox["sandbox"]) ? sandbox["sandbox"]["deny"] : undefined;
  const before: readonly unknown[] = Array.isArray(named) ? named : [];
  const deny = [...before, ...settings.deny];
  const values = { ...settings.values, ...(deny.length === 0 ? {} : { sandbox: { deny } }) };
  return [...layers.slice(0, index + 1), { ...origin.layer, values, unknown: [] }, ...layers.slice(index + 1)];
}

/** A profile over the one that it extends. */
function readProfile(name: string, profiles: unknown, seen: readonly string[]): Found {
  const built = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined;
  if (built !== undefined) return { profile: built };
  const path = seen.length === 0 ? ["default_permissions"] : ["permissions", seen.at(-1) ?? "", "extends"];
  if (seen.includes(name)) return { problem: { path, message: "the profiles extend each other" } };
  const table = isTable(profiles) && Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (!isTable(table)) return { problem: { path, message: `there is no [permissions.${name}]` } };
  const { description: _, extends: parent, filesystem = {}, network, ...unknown } = table;
  const at = ["permissions", name];
  const [stray] = Object.keys(unknown);
  if (stray !== undefined) return { problem: cannot([...at, stray]) };
  if (!isTable(filesystem)) return { problem: { path: [...at, "filesystem"], message: "expected a table" } };
  const base = parent === undefined ? undefined : readProfile(String(parent), profiles, [...seen, name]);
  if (base !== undefined && "problem" in base) return base;
  const enabled = networkOf(network, [...at, "network"]);
  if (typeof enabled === "object") return { problem: enabled };
  return {
    profile: {
      filesystem: mergeTables(base?.profile.filesystem ?? {}, filesystem),
      network: enabled ?? base?.profile.network ?? false,
    },
  };
}

function networkOf(network: unknown, path: KeyPath): boolean | undefined | Problem {
  if (network === undefined) return undefined;
  if (!isTable(network)) return { path, message: "expected a table" };
  const [stray] = Object.keys(network).filter((key) => key !== "enabled");
  if (stray !== undefined) return cannot([...path, stray]);
  const { enabled } = network;
  if (enabled === undefined || typeof enabled === "boolean") return enabled;
  return { path: [...path, "enabled"], message: "expected true or false" };
}

type Entry = { readonly key: string; readonly access: string; readonly path: KeyPath };
type Settings = { readonly values: Table; readonly deny: readonly string[] } | { readonly problem: Problem };

/** In our own keys: everything is readable but what is denied, and what is writable is the workspace and more. */
function settingsOf({ filesystem, network }: Profile, at: KeyPath): Settings {
  const entries = entriesOf(filesystem, [...at, "filesystem"]);
  const isWriter = entries.some(({ access }) => access === "write");
  // where nothing is writable, to name what may be read says no more than ":root"
  const refused = entries.find((entry) => !isHeld(entry) && (isWriter || entry.access !== "read"));
  if (refused !== undefined) return { problem: cannot(refused.path) };
  const has = (key: string, access: string): boolean =>
    entries.some((entry) => entry.key === key && entry.access === access);
  const deny = entries.filter(({ access }) => access === "deny" || access === "none").map(({ key }) => key);
  const writable = entries.filter(({ access, key }) => access === "write" && key !== ":root").map(({ key }) => key);
  if (has(":root", "write")) {
    if (network && entries.length === 1) return { values: { sandbox_mode: "danger-full-access" }, deny };
    return {
      problem: cannot([...at, "filesystem"], 'writing everywhere goes only with ":root" alone and the network'),
    };
  }
  if (!has(":root", "read")) {
    return { problem: cannot([...at, "filesystem"], 'commands can read all that is not denied: add ":root" = "read"') };
  }
  if (writable.length === 0) {
    if (network) return { problem: cannot([...at, "network"], "the network goes only with a writable workspace") };
    return { values: { sandbox_mode: "read-only" }, deny };
  }
  if (!has(".", "write")) {
    return { problem: cannot([...at, "filesystem"], 'what is written goes with ":workspace_roots" = "write"') };
  }
  const workspace = {
    writable_roots: writable.filter((key) => key.startsWith("/")),
    network_access: network,
    exclude_tmpdir_env_var: !has(":tmpdir", "write"),
    exclude_slash_tmp: !has(":slash_tmp", "write"),
  };
  return { values: { sandbox_mode: "workspace-write", sandbox_workspace_write: workspace }, deny };
}

/** Below the workspace: `.` and relative paths; elsewhere as written. */
function entriesOf(filesystem: Table, path: KeyPath): readonly Entry[] {
  return Object.entries(filesystem).flatMap(([key, value]) => {
    const isWorkspace = WORKSPACE.includes(key);
    if (!isTable(value)) return [{ key: isWorkspace ? "." : key, access: String(value), path: [...path, key] }];
    return Object.entries(value).map(([inner, access]) => {
      const below = isWorkspace ? inner : inner === "." ? key : `${key}/${inner}`;
      return { key: below, access: String(access), path: [...path, key, inner] };
    });
  });
}

function isHeld({ key, access }: Entry): boolean {
  if (!ACCESS.includes(access) || key.split("/").includes("..")) return false;
  switch (access) {
    case "read":
      return key === ":root" || PROTECTED.includes(key);
    case "write":
      return [":root", ".", ":tmpdir", ":slash_tmp"].includes(key) || /^\/[^*?[\]]+$/.test(key);
    default:
      return !key.startsWith(":") && key !== "." && key !== "/";
  }
}

function cannot(path: KeyPath, why = "write it with sandbox_mode, sandbox_workspace_write and sandbox.deny"): Problem {
  return { path, message: `this cannot be held by our sandbox; ${why}` };
}
