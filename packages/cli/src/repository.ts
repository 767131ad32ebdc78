import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isStandIn } from "@codex/protocol";

/** True when the directory or one above it holds `.git`, as a directory or as a worktree's file. */
export async function isInGitRepository(directory: string): Promise<boolean> {
  for (let folder = directory; ; folder = dirname(folder)) {
    const found = await stat(join(folder, ".git")).then(
      (facts) => !(facts.isDirectory() && isStandIn(facts.mode)),
      () => false,
    );
    if (found || dirname(folder) === folder) return found;
  }
}
