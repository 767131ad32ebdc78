/**
 * What is stale? `.stamp/` keeps, per kind of work, the key of the state it was done for. A key is a hash over
 * paths, sizes and modification times, so that asking costs a few milliseconds and needs neither git nor a tool.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Folders in a package that the built command does not depend on. */
const NOT_SOURCE = new Set(["node_modules", "dist", "test", ".turbo"]);

/** @param {string} directory @returns {import("node:fs").Dirent[]} sorted by name; none if there is no such folder */
function entriesOf(directory) {
  try {
    return readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

/** @param {string} path @returns {string[]} one line per file under `path`: where, how large, when */
function linesOf(path) {
  return entriesOf(path).flatMap((entry) => {
    const child = join(path, entry.name);
    if (entry.isDirectory()) return linesOf(child);
    if (entry.name.endsWith(".md")) return [];
    const { size, mtimeMs } = statSync(child);
    return [`${child} ${size} ${mtimeMs}`];
  });
}

/** @param {readonly string[]} lines @returns {string} */
function hashOf(lines) {
  return createHash("sha256").update(lines.join("\n")).digest("hex");
}

/** @param {string} root @returns {string} what `node_modules` is made from: lockfile, platform, Node's major version */
export function installKey(root) {
  const major = process.version.split(".")[0] ?? "";
  const lockfile = readFileSync(join(root, "pnpm-lock.yaml"), "utf8");
  return hashOf([lockfile, `${process.platform}-${process.arch}`, major]);
}

/** @param {string} root @returns {string} what the built command is made from, and what was built */
export function buildKey(root) {
  const packages = join(root, "packages");
  const folders = entriesOf(packages).filter((entry) => entry.isDirectory());
  const sources = folders.flatMap(({ name }) => {
    const kept = entriesOf(join(packages, name)).filter((entry) => !NOT_SOURCE.has(entry.name));
    return kept.flatMap((entry) => {
      const path = join(packages, name, entry.name);
      if (entry.isDirectory()) return linesOf(path);
      const { size, mtimeMs } = statSync(path);
      return entry.name.endsWith(".md") ? [] : [`${path} ${size} ${mtimeMs}`];
    });
  });
  const shared = ["tsconfig.base.json", "tooling/tsup.mjs"].map((path) => readFileSync(join(root, path), "utf8"));
  const built = ["cli", "linux-sandbox"].flatMap((name) => linesOf(join(packages, name, "dist")));
  return hashOf([process.version, installKey(root), ...shared, ...sources, ...built]);
}

/** @param {string} root @param {"install" | "build"} kind @param {string} key */
export function isFresh(root, kind, key) {
  try {
    return readFileSync(join(root, ".stamp", kind), "utf8") === key;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

/** @param {string} root @param {"install" | "build"} kind @param {string} key */
export function stamp(root, kind, key) {
  mkdirSync(join(root, ".stamp"), { recursive: true });
  writeFileSync(join(root, ".stamp", kind), key);
}

/**
 * Called before the work starts, so that work cut short is work to be done again.
 * @param {string} root
 * @param {"install" | "build"} kind
 */
export function unstamp(root, kind) {
  rmSync(join(root, ".stamp", kind), { force: true });
}
