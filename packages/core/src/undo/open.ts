import { dirname, sep } from "node:path";
import type { Clock, Environment, OpenRequest, SessionScope, Snapshots, TurnSettings } from "@codex/protocol";
import { isConfined } from "@codex/protocol";
import type { Config } from "@codex/config";
import { createSnapshots } from "@codex/git-tooling";

export type UndoSurroundings = {
  readonly config: Config;
  readonly request: OpenRequest;
  readonly scope: SessionScope;
  readonly settings: TurnSettings;
  readonly environment: Environment;
  readonly clock: Clock;
  /** The person's home directory. */
  readonly user_home: string;
  newId(): string;
};

/** Snapshots of what a session may change; `undefined`: it leaves no file, or undo is switched off. */
export async function openSnapshots(around: UndoSurroundings): Promise<Snapshots | undefined> {
  const { config, request, scope, settings, environment, clock, user_home } = around;
  // files elsewhere are nothing that this machine could look at
  if (request.ephemeral === true || !config.undo.enabled || config.environment.type !== "direct") return undefined;
  const { sandbox_policy, cwd, approval_policy } = settings;
  if (sandbox_policy.type === "read-only" && approval_policy === "never") return undefined;
  const resolved = await environment.resolve(sandbox_policy, cwd);
  // what is hidden from commands where they are confined is kept nowhere either
  const hidden = await environment.resolve({ type: "read-only" }, cwd);
  const named = sandbox_policy.type === "workspace-write" ? sandbox_policy.writable_roots : [];
  const inside = isWithin(resolved.cwd, config.project.root) ? config.project.root : resolved.cwd;
  const wanted = [
    isConfined(sandbox_policy) ? resolved.cwd : inside,
    ...resolved.writable.map(({ root }) => root).filter((root) => named.includes(root)),
  ];
  const roots = outermost(wanted);
  const wide = roots.find((root) => isWithin(user_home, root) || dirname(root) === root);
  return createSnapshots({
    home: config.home,
    session: scope.id,
    roots,
    secrets: [...hidden.denied, ...(hidden.secrets ?? [])],
    retention: { keep_days: config.undo.keep_days, max_bytes: config.undo.max_mb * (1 << 20) },
    clock,
    newId: () => around.newId(),
    onTrouble: (message) => scope.emit({ type: "warning", message }),
    ...(wide === undefined ? {} : { refusal: `${wide} is too wide a folder; work in that of a project` }),
  });
}

function outermost(roots: readonly string[]): readonly string[] {
  const distinct = [...new Set(roots)];
  return distinct.filter((root) => !distinct.some((other) => other !== root && isWithin(root, other)));
}

/** The same, or below. */
function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}
