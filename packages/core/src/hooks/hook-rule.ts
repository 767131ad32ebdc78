import { CodexError } from "@codex/common";
import type { Config } from "@codex/config";
import { originsOf } from "@codex/config";
import * as z from "zod/mini";

/** When a hook runs, by the names that hook files use. */
const HOOK_EVENTS = ["SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolUse", "Stop"] as const;
export type HookEvent = (typeof HOOK_EVENTS)[number];

/** One command of the configuration. */
export type HookRule = {
  readonly event: HookEvent;
  /** Whole tool names; absent: all. */
  readonly matcher?: RegExp;
  /** For a shell. */
  readonly command: string;
  readonly timeout_ms: number;
  /** Where it was configured. */
  readonly source: string;
};

/** Seconds. */
const DEFAULT_TIMEOUT = 60;

const command = z.strictObject({
  type: z.literal("command"),
  command: z.string().check(z.minLength(1)),
  timeout: z.optional(z.number().check(z.positive(), z.maximum(3600))),
});
const group = z.strictObject({ matcher: z.optional(z.string()), hooks: z.array(command) });
const file = z.partialRecord(z.enum(HOOK_EVENTS), z.array(group));

/**
 * The hooks of all layers, the system's first. Layers of a project nobody trusts are not among them. Throws
 * `config_invalid`: a hook that cannot be read would silently not be asked.
 */
export function hookRulesOf(config: Config): readonly HookRule[] {
  return originsOf(config, "hooks")
    .toReversed()
    .flatMap(({ layer, value }) => readHooks(value, layer.file ?? layer.name));
}

/** One layer's `hooks` table. */
export function readHooks(value: unknown, source: string): readonly HookRule[] {
  const parsed = file.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const key = ["hooks", ...(issue?.path ?? [])].join(".");
    throw new CodexError("config_invalid", `${source}: ${key}: ${issue?.message ?? "cannot be read"}`);
  }
  return HOOK_EVENTS.flatMap((event) => (parsed.data[event] ?? []).flatMap((each) => rulesOf(event, each, source)));
}

function rulesOf(event: HookEvent, { matcher, hooks }: z.output<typeof group>, source: string): readonly HookRule[] {
  const pattern = matcher === undefined || matcher === "" || matcher === "*" ? undefined : compile(matcher, source);
  return hooks.map((each) => ({
    event,
    ...(pattern === undefined ? {} : { matcher: pattern }),
    command: each.command,
    timeout_ms: (each.timeout ?? DEFAULT_TIMEOUT) * 1000,
    source,
  }));
}

function compile(matcher: string, source: string): RegExp {
  try {
    return new RegExp(`^(?:${matcher})$`);
  } catch (cause) {
    throw new CodexError("config_invalid", `${source}: hooks: the matcher ${JSON.stringify(matcher)} is no pattern`, {
      cause,
    });
  }
}
