import type { FileChange } from "@codex/protocol";

export type Changes = Readonly<Record<string, FileChange>>;

/** Sorted by path (live.md §2.2). */
export function sortedChanges(changes: Changes): (readonly [path: string, change: FileChange])[] {
  return Object.entries(changes).sort(([left], [right]) => (left < right ? -1 : Number(left > right)));
}

/** One file's change as a unified diff, with headers, for a person. Ends in a newline. */
export function diffOf(path: string, change: FileChange): string {
  switch (change.type) {
    case "add":
      return `--- /dev/null\n+++ ${path}\n${wholeFile("+", change.content)}`;
    case "delete":
      return `--- ${path}\n+++ /dev/null\n${wholeFile("-", change.content)}`;
    case "update": {
      const body = endLine(change.unified_diff);
      if (body.startsWith("--- ")) return body;
      return `--- ${path}\n+++ ${change.move_path ?? path}\n${body}`;
    }
    default:
      return change satisfies never;
  }
}

function wholeFile(sign: "+" | "-", content: string): string {
  if (content === "") return "";
  const lines = endLine(content).slice(0, -1).split("\n");
  const range = lines.length === 1 ? "1" : `1,${lines.length}`;
  const header = sign === "+" ? `@@ -0,0 +${range} @@` : `@@ -${range} +0,0 @@`;
  const missing = content.endsWith("\n") ? "" : "\\ No newline at end of file\n";
  return `${header}\n${lines.map((line) => `${sign}${line}\n`).join("")}${missing}`;
}

function endLine(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}
