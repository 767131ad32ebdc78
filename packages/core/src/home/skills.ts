import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { Skill } from "@codex/protocol";
import { readFrontmatter } from "../prompt/skills.js";

/** Folders in folders that are looked into; `.system` holds those that came with another Codex. */
const DEPTH = 4;

/** The user's own skills: every SKILL.md below a folder; symlinks are followed (core.md §7.8). */
export async function readHomeSkills(folder: string, depth = DEPTH): Promise<readonly Skill[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found: Skill[] = [];
  for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    if (entry.isFile() || (entry.name.startsWith(".") && entry.name !== ".system")) continue;
    const inner = path.join(folder, entry.name);
    const skill = await readSkill(path.join(inner, "SKILL.md"));
    if (skill !== undefined) found.push(skill);
    else if (depth > 1) found.push(...(await readHomeSkills(inner, depth - 1)));
  }
  return found;
}

async function readSkill(file: string): Promise<Skill | undefined> {
  const read = (): Promise<string | undefined> => readFile(file, "utf8").catch(() => undefined);
  const facts = readFrontmatter((await read()) ?? "");
  return facts === undefined ? undefined : { ...facts, path: file, scope: "user", read };
}
