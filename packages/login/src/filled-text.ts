import { textOf } from "@codex/common";

/** A string that is not empty. */
export function filledText(value: unknown): string | undefined {
  return textOf(value) || undefined;
}
