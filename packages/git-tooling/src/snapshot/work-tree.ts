import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { UndoProblem } from "@codex/protocol";
import type { ObjectStore } from "./object-store.js";
import type { Target } from "./plan.js";
import type { ByteName } from "./tree.js";
import { displayPath, typeOf } from "./tree.js";

/** Work trees that are back and of which their repository knows no more: what it noted of them lies in its `.git`. */
export function strangeWorkTrees(
  root: ByteName,
  store: ObjectStore,
  targets: readonly Target[],
): readonly UndoProblem[] {
  return targets.flatMap(({ path, wanted }) => {
    if (wanted === undefined || typeOf(wanted) !== "file" || !/(?:^|\/)\.git$/.test(path)) return [];
    const [, folder] = /^gitdir: (.+?)\n*$/.exec(store.read("blob", wanted.id).toString("utf8")) ?? [];
    const at = displayPath(`${root}/${path}`);
    if (folder === undefined || existsSync(resolve(dirname(at), folder))) return [];
    return [{ path: at, reason: `git knows this work tree no more: ${resolve(dirname(at), folder)} is gone` }];
  });
}
