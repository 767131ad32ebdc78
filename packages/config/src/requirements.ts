import { CodexError } from "@codex/common";
import type { ConfigFile } from "./keys.js";
import { layerLabel, type ConfigLayer } from "./layer.js";
import { describeOrigin, originsAt } from "./provenance.js";
import { FEATURE_NAMES } from "./features.js";
import { choice, findProblem, flag, list, prepare, table, type Infer, type Problem } from "./schema.js";
import { keyText } from "./table.js";
import { readTextFile } from "./text-file.js";
import { locateKey, parseToml } from "./toml.js";
import type { ConfigWarning } from "./warning.js";

const APPROVALS = ["untrusted", "on-failure", "on-request", "never"] as const;
/** The narrowest first. */
const MODES = ["read-only", "workspace-write", "external-sandbox", "danger-full-access"] as const;

/** `/etc/codex/requirements.toml`: what an administrator allows. It narrows every layer and sets nothing. */
const REQUIREMENTS = table({
  allowed_approval_policies: list(choice(...APPROVALS)),
  allowed_sandbox_modes: list(choice(...MODES)),
  features: table(Object.fromEntries(FEATURE_NAMES.map((name) => [name, flag]))),
});

export type Requirements = { readonly file: string; readonly values: Infer<typeof REQUIREMENTS> };

/**
 * `undefined` when there is no such file. A requirement that is not understood cannot be enforced, so it is an error,
 * not a warning: `config_invalid` with the place.
 */
export async function readRequirements(file: string): Promise<Requirements | undefined> {
  const text = readTextFile(file);
  if (text === undefined) return undefined;
  const parsed = await parseToml(text);
  if (parsed.type === "invalid") {
    const { line, column } = parsed.position;
    throw new CodexError("config_invalid", `${file}:${line}:${column}: not valid TOML: ${parsed.reason}`);
  }
  const [unknown] = prepare(REQUIREMENTS, parsed.table, (path) => path).unknown;
  const problem: Problem | undefined =
    unknown === undefined
      ? findProblem(REQUIREMENTS, parsed.table, [])
      : { path: unknown, message: "this requirement is not known, so it cannot be enforced" };
  const values: unknown = parsed.table;
  if (isRequirements(values, problem)) return { file, values };
  const path = problem?.path ?? [];
  const place = await locateKey(text, path);
  const where = place === undefined ? file : `${file}:${place.line}:${place.column}`;
  throw new CodexError("config_invalid", `${where}: ${keyText(path)}: ${problem?.message ?? "is not readable"}`);
}

function isRequirements(_value: unknown, problem: Problem | undefined): _value is Infer<typeof REQUIREMENTS> {
  return problem === undefined;
}

export type Narrowed = { readonly layers: readonly ConfigLayer[]; readonly warnings: readonly ConfigWarning[] };

/**
 * The layers, and one above them where a requirement decides. What somebody asked for and may not have throws
 * `config_invalid` with its place; a default, or what a face says for itself, falls back to what is allowed.
 * `defaults`: what holds where no layer says anything.
 */
export async function narrow(
  layers: readonly ConfigLayer[],
  { file, values }: Requirements,
  defaults: { readonly sandbox_mode: string; readonly approval_policy: string },
): Promise<Narrowed> {
  const { allowed_sandbox_modes, allowed_approval_policies, features = {} } = values;
  const modes = MODES.filter((mode) => allowed_sandbox_modes?.includes(mode) ?? true);
  const policies = APPROVALS.filter((policy) => allowed_approval_policies?.includes(policy) ?? true);
  const rules = [
    { key: "sandbox_mode", allowed: modes, own: false },
    { key: "approval_policy", allowed: policies, own: true },
  ] as const;
  const forced: [string, unknown][] = Object.keys(features).length === 0 ? [] : [["features", features]];
  const warnings: ConfigWarning[] = [];
  for (const { key, allowed, own } of rules) {
    const [origin] = originsAt(layers, [key]);
    const value = origin?.value ?? defaults[key];
    if (allowed.some((name) => name === value)) continue;
    const advice = `${file} allows ${allowed.map((name) => JSON.stringify(name)).join(", ") || "none"}`;
    const isFaces = own && origin?.layer.name === "flags";
    if ((origin !== undefined && !isFaces) || allowed[0] === undefined) {
      const where = origin === undefined ? key : await describeOrigin(origin, layerLabel(origin.layer.name));
      throw new CodexError("config_invalid", `${where}: ${JSON.stringify(value)} is not allowed; ${advice}`);
    }
    forced.push([key, allowed[0]]);
    const message = `${key}: ${JSON.stringify(allowed[0])} instead of ${JSON.stringify(value)}, since ${advice}`;
    warnings.push({ code: "required", message });
  }
  if (forced.length === 0) return { layers, warnings };
  return {
    layers: [...layers, { name: "requirements", file, values: Object.fromEntries(forced), unknown: [] }],
    warnings,
  };
}

/** For `defaults`, before anything is narrowed. */
export function unsetDefaults(trust: "trusted" | "untrusted" | "unset"): {
  readonly sandbox_mode: NonNullable<ConfigFile["sandbox_mode"]>;
  readonly approval_policy: "untrusted" | "on-request";
} {
  return {
    sandbox_mode: trust === "unset" ? "read-only" : "workspace-write",
    approval_policy: trust === "untrusted" ? "untrusted" : "on-request",
  };
}
