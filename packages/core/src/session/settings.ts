import path from "node:path";
import type { TurnOverrides, TurnSettings } from "@codex/protocol";

/** Settings with what an op changes; `problem`: why they cannot be taken, and nothing is changed. */
export type Changed = { readonly settings: TurnSettings } | { readonly problem: string };

export function changeSettings(before: TurnSettings, overrides: TurnOverrides): Changed {
  const { cwd, model, approval_policy, sandbox_policy, effort, summary, service_tier } = overrides;
  if (cwd !== undefined && !path.isAbsolute(cwd)) return { problem: `cwd is not an absolute path: ${cwd}` };
  if (model?.trim() === "") return { problem: "the name of the model is empty" };
  const { effort: old_effort, service_tier: old_tier, ...kept } = before;
  return {
    settings: {
      ...kept,
      ...(cwd === undefined ? {} : { cwd: path.normalize(cwd) }),
      ...(model === undefined ? {} : { model }),
      ...(approval_policy === undefined ? {} : { approval_policy }),
      ...(sandbox_policy === undefined ? {} : { sandbox_policy }),
      ...(summary === undefined ? {} : { summary }),
      ...optional("effort", effort, old_effort),
      ...optional("service_tier", service_tier, old_tier),
    },
  };
}

/** `undefined` keeps what was, `null` leaves the key out. */
function optional<Key extends string, Value>(key: Key, now: Value | null | undefined, before: Value | undefined) {
  const value = now === undefined ? before : (now ?? undefined);
  const entries: { [Name in Key]?: Value } = {};
  if (value !== undefined) entries[key] = value;
  return entries;
}
