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

/** What undo of a session works with, or why there is none, in half a sentence. */
export type Undo = { readonly snapshots: Snapshots } | { readonly no_snapshots: string };

/** Snapshots of what a session may change. */
export async function openSnapshots(around: UndoSurroundings): Promise<Undo> {
  const no_snapshots = refusalOf(around);
  return no_snapshots === undefined ? { snapshots: await openFolders(around) } : { no_snapshots };
}

function refusalOf({ config, request, settings }: UndoSurroundings): string | undefined {
  if (!config.undo.enabled) return "undo.enabled is false";
  if (request.ephemeral === true) return "the session is ephemeral and leaves nothing";
  if (config.environment.type === "ssh") return `its files are on ${config.environment.host}, where nothing is kept`;
  const { sandbox_policy, approval_policy } = settings;
  const isIdle = sandbox_policy.type === "read-only" && approval_policy === "never";
  return isIdle ? "the session may change no file" : undefined;
}

async function openFolders(around: UndoSurroundings): Promise<Snapshots> {
  const { config, scope, settings, environment, clock, user_home } = around;
  const { sandbox_policy, cwd } = settings;
  const resolved = await environment.resolve(sandbox_policy, cwd);
  // what is hidden from commands where they are confined is kept nowhere either
  const hidden = await environment.resolve({ type: "read-only" }, cwd);
  const named = sandbox_policy.type === "workspace-write" ? sandbox_policy.writable_roots : [];
  const inside = isWithin(resolved.cwd, config.project.root) ? config.project.root : resolved.cwd;
  const wanted = [
    // a container has the session's folder at the same path, and nothing around it
    isConfined(sandbox_policy) || config.environment.type === "docker" ? resolved.cwd : inside,
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
