import path from "node:path";
import type { Files, Skill, UserInput } from "@codex/protocol";

/** Characters of the list of skills; what goes beyond is left out, and that is said. */
const LIST_LIMIT = 8_000;
/** Bytes of one SKILL.md. */
const FILE_LIMIT = 256 * 1024;
const NAME_LIMIT = 64;
const DESCRIPTION_LIMIT = 1024;
/** `$name` at the start of a word; `$PATH` and the like are no skills, since names are looked up. */
const MENTION = /(?<![\w$\\])\$([A-Za-z0-9][\w:.-]*)/g;

export type SkillFacts = { readonly name: string; readonly description: string };

/**
 * Name and description from the head of a SKILL.md: `key: value` lines between two lines of dashes, values plain,
 * quoted or folded. `undefined`: there is no such head, or one of the two is missing.
 */
export function readFrontmatter(text: string): SkillFacts | undefined {
  const [, head] = /^\uFEFF?---[ \t]*\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/.exec(text) ?? [];
  if (head === undefined) return undefined;
  const name = valueOf(head, "name").slice(0, NAME_LIMIT);
  const description = valueOf(head, "description").slice(0, DESCRIPTION_LIMIT);
  return name === "" || description === "" ? undefined : { name, description };
}

function valueOf(head: string, key: string): string {
  const lines = head.split(/\r?\n/);
  const at = lines.findIndex((line) => line.startsWith(`${key}:`));
  if (at < 0) return "";
  const first = (lines[at] ?? "").slice(key.length + 1).trim();
  const quoted = /^(["'])(.*)\1$/.exec(first);
  if (quoted !== null) return (quoted[2] ?? "").trim();
  const isBlock = /^[>|][+-]?$/.test(first);
  const end = lines.findIndex((line, index) => index > at && line !== "" && !/^\s/.test(line));
  const more = lines.slice(at + 1, end < 0 ? lines.length : end).map((line) => line.trim());
  return [isBlock ? "" : first, ...more].join(" ").trim();
}

/** What the model is told about skills; empty: there are none. */
export function skillsText(skills: readonly Skill[]): string {
  if (skills.length === 0) return "";
  const lines: string[] = [];
  let left = LIST_LIMIT;
  for (const { name, description, path: file } of skills) {
    const line = `- ${name}: ${description} (file: ${file})`;
    left -= line.length;
    if (left < 0) break;
    lines.push(line);
  }
  const missing = skills.length - lines.length;
  if (missing > 0) lines.push(`(${missing} more did not fit; look for SKILL.md beside the others)`);
  return [
    "<skills_instructions>",
    "Skills are instructions for one kind of work, kept in files:",
    ...lines,
    "When the user names one ($name), or the work is what its description says, read its file before you begin and " +
      "follow it. Paths in it start from its folder. Read other files of that folder only as far as you need them.",
    "</skills_instructions>",
  ].join("\n");
}

/** Is it worth to look for skills? */
export function mayNameSkill(input: readonly UserInput[]): boolean {
  return input.some((part) => part.type === "skill" || (part.type === "text" && part.text.includes("$")));
}

/** Skills that a person named in their input, each once. */
export function namedSkills(input: readonly UserInput[], skills: readonly Skill[]): readonly Skill[] {
  const texts = input.map((part) => (part.type === "text" ? part.text : "")).join("\n");
  const names = new Set([...texts.matchAll(MENTION)].map((match) => match[1] ?? ""));
  const paths = new Set(input.flatMap((part) => (part.type === "skill" ? [part.path] : [])));
  return skills.filter((skill) => names.has(skill.name) || paths.has(skill.path));
}

/** A skill as the model gets it when it was named. */
export function skillFragment({ name, path: file }: Skill, text: string): string {
  return `<skill>\n<name>${name}</name>\n<path>${file}</path>\n${text.trimEnd()}\n</skill>`;
}

/** The skills of a folder of folders at a place. A folder that cannot be read has none. */
export async function findSkills(files: Files, folder: string, signal: AbortSignal): Promise<readonly Skill[]> {
  const entries = await files.list(folder, signal).catch(() => []);
  const found = await Promise.all(
    entries.map(({ name }) => readSkill(files, path.join(folder, name, "SKILL.md"), signal)),
  );
  return found.filter((skill) => skill !== undefined);
}

async function readSkill(files: Files, file: string, signal: AbortSignal): Promise<Skill | undefined> {
  const read = async (until: AbortSignal): Promise<string | undefined> => {
    const data = await files.read(file, FILE_LIMIT, until).catch(() => undefined);
    return data === undefined ? undefined : Buffer.from(data).toString("utf8");
  };
  const facts = readFrontmatter((await read(signal)) ?? "");
  return facts === undefined ? undefined : { ...facts, path: file, scope: "repo", read };
}

/** Without those switched off, and each name once: the first one counts. */
export function usableSkills(skills: readonly Skill[], disabled: readonly string[]): readonly Skill[] {
  const off = new Set(disabled);
  const seen = new Set<string>();
  return skills.filter((skill) => {
    const isOff = [skill.name, skill.path, path.dirname(skill.path)].some((word) => off.has(word));
    if (isOff || seen.has(skill.name)) return false;
    seen.add(skill.name);
    return true;
  });
}
