import { decode } from "@codex/protocol/schema";
import type { Words } from "@codex/protocol/schema";

/** Throws unless the value, as JSON, is what its schema says. */
export function expectDescribed(word: keyof Words, value: unknown): void {
  const decoded = decode(word, JSON.parse(JSON.stringify(value)));
  if (decoded.type === "failed") throw new Error(`no ${word}: ${decoded.message}: ${JSON.stringify(value)}`);
}
