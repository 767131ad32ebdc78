import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { CustomPrompt } from "@codex/protocol";

/** Markdown files of `$CODEX_HOME/prompts`, by name; what is not UTF-8 is passed over (core.md §7.8, tui.md §4.4). */
export async function readCustomPrompts(home: string): Promise<readonly CustomPrompt[]> {
  const folder = path.join(home, "prompts");
  const names = await readdir(folder).catch(() => []);
  const prompts = await Promise.all(
    names.filter((name) => /\.md$/i.test(name)).map((name) => readPrompt(path.join(folder, name))),
  );
  return prompts.filter((prompt) => prompt !== undefined).sort((left, right) => (left.name < right.name ? -1 : 1));
}

async function readPrompt(file: string): Promise<CustomPrompt | undefined> {
  const data = await readFile(file).catch(() => undefined);
  const text = data === undefined ? undefined : decode(data);
  if (text === undefined) return undefined;
  const [head = "", fields = ""] = /^---\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/.exec(text) ?? [];
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}:\\s*["']?(.*?)["']?\\s*$`, "m").exec(fields)?.[1];
  const description = field("description");
  const argument_hint = field("argument-hint");
  return {
    name: path.basename(file).replace(/\.md$/i, ""),
    path: file,
    content: text.slice(head.length),
    ...(description === undefined ? {} : { description }),
    ...(argument_hint === undefined ? {} : { argument_hint }),
  };
}

function decode(data: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(data);
  } catch {
    return undefined;
  }
}
