import type { Stats } from "node:fs";
import { lstatSync, readdirSync } from "node:fs";
import { codeOf } from "@codex/common";
import { isStandIn } from "@codex/protocol";
import type { ByteName } from "./tree.js";
import { bytesOf } from "./tree.js";

/** `undefined`: nothing is there, or nothing that may be seen. */
export function look(path: ByteName): Stats | undefined {
  try {
    return lstatSync(bytesOf(path), { throwIfNoEntry: false });
  } catch (error) {
    if (codeOf(error) === "ENOTDIR" || codeOf(error) === "EACCES") return undefined;
    throw error;
  }
}

/** Stands for nothing: it goes again with the last command, or has just gone. */
export function isEmptyStandIn(path: ByteName, { mode }: Stats): boolean {
  if (!isStandIn(mode)) return false;
  try {
    return readdirSync(bytesOf(path)).length === 0;
  } catch (error) {
    if (isGone(error)) return true;
    throw error;
  }
}

/** Others removed it between two looks. */
export function isGone(error: unknown): boolean {
  return codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR";
}

/** None where there is no such folder. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}

/** Counts files below a folder, at most a little beyond `limit`. */
export function countFiles(path: ByteName, limit: number): number {
  let count = 0;
  const open = [path];
  for (let folder = open.pop(); folder !== undefined && count <= limit; folder = open.pop()) {
    for (const entry of readdirSync(bytesOf(folder), { withFileTypes: true, encoding: "latin1" })) {
      if (entry.isDirectory()) open.push(`${folder}/${entry.name}`);
      else count += 1;
    }
  }
  return count;
}
