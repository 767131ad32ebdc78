import type { CustomPrompt, UserInput } from "@codex/protocol";

const CALL = /^\/prompts:(\S+)[ \t]*([\s\S]*)$/;
const WORD = /"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g;

/** Input that calls a prompt of the user's own (`/prompts:name arguments`) becomes what that prompt says. */
export function expandInput(input: readonly UserInput[], prompts: readonly CustomPrompt[]): readonly UserInput[] {
  return input.map((part) => {
    if (part.type !== "text") return part;
    const [, name, words = ""] = CALL.exec(part.text) ?? [];
    const prompt = prompts.find((each) => each.name === name);
    return prompt === undefined ? part : { type: "text", text: expandPrompt(prompt.content, words) };
  });
}

export function callsPrompt(input: readonly UserInput[]): boolean {
  return input.some((part) => part.type === "text" && CALL.test(part.text));
}

/** `$1` to `$9`, `$ARGUMENTS` and `$$`; a number without an argument is nothing (tui.md §4.4). */
export function expandPrompt(content: string, words: string): string {
  const all = [...words.matchAll(WORD)].map(([whole, double, single]) => unquote(double) ?? single ?? whole);
  return content.replaceAll(/\$(\$|ARGUMENTS\b|[1-9])/g, (_whole, key: string) => {
    if (key === "$") return "$";
    return key === "ARGUMENTS" ? words.trim() : (all[Number(key) - 1] ?? "");
  });
}

function unquote(text: string | undefined): string | undefined {
  return text?.replaceAll(/\\(.)/g, "$1");
}
