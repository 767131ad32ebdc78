import type { UserInput } from "@codex/protocol";

/** Most characters of one user input (core.md §1.3). */
const MAX_INPUT = 1 << 20;

/** Why no turn can begin with it. */
export function inputProblem(items: readonly UserInput[]): string | undefined {
  if (items.length === 0) return "the input is empty; send at least one text";
  const size = items.reduce((sum, item) => sum + (item.type === "text" ? item.text.length : 0), 0);
  return size > MAX_INPUT ? `the input has ${size} characters; at most ${MAX_INPUT} are accepted` : undefined;
}
