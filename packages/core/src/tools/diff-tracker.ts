import path from "node:path";
import { unifiedDiff } from "@codex/apply-patch";
import type { Plan } from "@codex/apply-patch";

type FileState = {
  /** Content before the turn's first patch touched it; `undefined`: it was not there. */
  readonly before: string | undefined;
  after: string | undefined;
};

/**
 * What the patches of one turn changed, as one diff (exec.md §7.5). Fed by applied plans only, so it reads no disk and
 * does not see what commands change. A file that is back to where it started is left out.
 */
export class DiffTracker {
  readonly #cwd: string;
  readonly #files = new Map<string, FileState>();

  constructor(cwd: string) {
    this.#cwd = cwd;
  }

  add(plan: Plan): void {
    for (const change of plan.changes) {
      const { path: file, oldContent } = change;
      switch (change.kind) {
        case "add":
        case "update":
          this.#set(file, oldContent, change.newContent);
          break;
        case "delete":
          this.#set(file, oldContent, undefined);
          break;
        case "move":
          this.#set(file, oldContent, undefined);
          this.#set(change.destination.path, change.destination.oldContent, change.newContent);
          break;
        default:
          change satisfies never;
      }
    }
  }

  /** Empty when nothing differs any more. */
  diff(): string {
    return [...this.#files]
      .map(([file, state]) => ({ name: this.#shown(file), ...state }))
      .filter(({ before, after }) => before !== after)
      .sort((left, right) => (left.name < right.name ? -1 : 1))
      .map(({ name, before, after }) => fileDiff(name, before, after))
      .join("");
  }

  #set(file: string, before: string | undefined, after: string | undefined): void {
    const known = this.#files.get(file);
    if (known === undefined) this.#files.set(file, { before, after });
    else known.after = after;
  }

  /** Relative to the session's directory where it lies inside. */
  #shown(file: string): string {
    const relative = path.relative(this.#cwd, file);
    return relative === "" || relative.startsWith("..") ? file : relative;
  }
}

function fileDiff(name: string, before: string | undefined, after: string | undefined): string {
  const mode =
    before === undefined ? "new file mode 100644\n" : after === undefined ? "deleted file mode 100644\n" : "";
  const body = unifiedDiff(before ?? "", after ?? "", {
    oldName: before === undefined ? "/dev/null" : `a/${name}`,
    newName: after === undefined ? "/dev/null" : `b/${name}`,
  });
  return `diff --git a/${name} b/${name}\n${mode}${body}`;
}
