import type { Attempt, Because } from "@codex/protocol";

export type Refused = Extract<Attempt<never>, { readonly type: "refused" }>;

/** What the model reads when nothing ran. A person's no comes in their words (markers of core.md §4.4). */
export function refusalText(
  what: "exec command" | "patch" | "tool call" | "network request",
  refused: Omit<Refused, "type">,
): string {
  const person = refused.because.findLast((because) => because.layer === "user");
  if (person !== undefined) return `${what} ${person.text}`;
  const remedy = refused.allow_with === undefined ? "" : `; the user can allow it with: ${refused.allow_with}`;
  return `${what} rejected: ${refused.because.map(describeReason).join("; ")}${remedy}`;
}

/** A reason and where it was written. */
export function describeReason({ text, file, line }: Because): string {
  if (file === undefined) return text;
  return `${text} (${file}${line === undefined || line === 0 ? "" : `:${line}`})`;
}
