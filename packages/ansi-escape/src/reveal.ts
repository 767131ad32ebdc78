/** Controls, format characters, separators that break lines, lone surrogates: what does not show or shows elsewhere. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\u115f\u1160\u3164\uffa0]/gu;

/**
 * A command or a path as a person has to judge it: every character that would not be seen, or would make the text look
 * like another one, stands there by its name, `<U+202E>`. Newlines and tabs stay.
 */
export function reveal(text: string): string {
  return text.replace(UNSEEN, (character) =>
    character === "\n" || character === "\t" ? character : nameOf(character),
  );
}

function nameOf(character: string): string {
  return `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`;
}
