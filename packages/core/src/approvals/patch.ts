import path from "node:path";
import type { Action, Because, Consultation, ResolvedPolicy, TurnSettings, Verdict } from "@codex/protocol";
import { isConfined } from "@codex/protocol";
import type { Mode } from "./asking.js";
import { homePlace, placeText, silence } from "./asking.js";

export type PatchAction = Extract<Action, { readonly type: "patch" }>;

/** Relative paths of a patch start at the session's directory. */
export type PatchMode = Mode & Pick<TurnSettings, "cwd">;

/** A question about files has no rule that could be kept. */
const NO_RULE: Consultation = { grants: [] };
const RETRY: Consultation = { ...NO_RULE, reason: "the sandbox refused this patch; apply it without sandbox?" };

/** May these files be changed? The table of exec.md §1.12. Paths are compared lexically; the sandbox holds the rest. */
export function assessPatch(action: PatchAction, mode: PatchMode, resolved: ResolvedPolicy): Verdict {
  const { approval_policy, sandbox_policy } = mode;
  const touched = touchedPaths(action);
  if (touched.length === 0) return { type: "forbid", because: [{ layer: "safety", text: "empty patch" }] };
  const place = homePlace(sandbox_policy);
  const outside = isConfined(sandbox_policy) ? touched.filter((file) => !isWritable(file, mode, resolved)) : [];
  if (approval_policy === "untrusted") {
    const because: Because = { layer: "mode", text: "the approval policy untrusted asks before every patch" };
    const then = outside.length === 0 ? place : "direct";
    return {
      type: "ask",
      then,
      because: [because],
      ...NO_RULE,
      ...(then === "confined" ? { retry: "consented" } : {}),
    };
  }
  if (outside.length === 0) {
    const because = [placeText(place, sandbox_policy)];
    const asks = silence(approval_policy, "sandbox_approval") === undefined && isConfined(sandbox_policy);
    return { type: "allow", confined: place === "confined", because, ...(asks ? { retry: RETRY } : {}) };
  }
  const because: Because = { layer: "filesystem", text: `outside what may be written: ${outside.join(", ")}` };
  if (silence(approval_policy, "sandbox_approval") === undefined) {
    return { type: "ask", then: "direct", because: [because], ...NO_RULE };
  }
  return { type: "forbid", because: [settingsRefusal(resolved), because], allow_with: remedy(outside, mode) };
}

/** Markers of exec.md §1.12. */
function settingsRefusal(resolved: ResolvedPolicy): Because {
  const text =
    resolved.writable.length === 0
      ? "writing is blocked by read-only sandbox; rejected by user approval settings"
      : "writing outside of the project; rejected by user approval settings";
  return { layer: "mode", text };
}

function remedy(outside: readonly string[], { sandbox_policy }: Mode): string {
  if (sandbox_policy.type === "read-only") return "-s workspace-write";
  const folders = new Set(outside.map((file) => path.dirname(file)));
  return [...folders].map((folder) => `--add-dir ${folder}`).join(" ");
}

/** Sources and destinations of moves. */
export function touchedPaths({ changes }: PatchAction): readonly string[] {
  return Object.entries(changes).flatMap(([file, change]) =>
    change.type === "update" && change.move_path !== null ? [file, change.move_path] : [file],
  );
}

/** Both the directory and the roots may be named through symlinks, which the resolved policy no longer shows. */
function isWritable(named: string, { cwd, sandbox_policy }: PatchMode, resolved: ResolvedPolicy): boolean {
  if (sandbox_policy.type !== "workspace-write") return false;
  const file = isInside(named, cwd) ? path.join(resolved.cwd, path.relative(cwd, named)) : named;
  const root = resolved.writable.findLast((writable) => isInside(file, writable.root));
  if (root !== undefined) return !root.read_only.some((kept) => isInside(file, kept));
  return sandbox_policy.writable_roots.some((other) => isInside(named, path.resolve(cwd, other)));
}

function isInside(file: string, folder: string): boolean {
  const way = path.relative(folder, file);
  return way === "" || (!path.isAbsolute(way) && way !== ".." && !way.startsWith(`..${path.sep}`));
}
