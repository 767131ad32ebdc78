import { basename } from "node:path";

/** Makes this program behave as `apply_patch`: `codex --codex-run-as-apply-patch PATCH`. */
export const APPLY_PATCH_FLAG = "--codex-run-as-apply-patch";

/** Started as `apply_patch` by a link of that name, or by the hidden flag. */
export function isApplyPatch(script: string | undefined, firstWord: string | undefined): boolean {
  return firstWord === APPLY_PATCH_FLAG || basename(script ?? "") === "apply_patch";
}
