import { Scanner } from "./scanner.js";

export type Sanitizer = {
  /** What can be shown of it now. */
  push(text: string): string;
  /** What was held back. Nothing is pushed afterwards. */
  end(): string;
};

/** Makes untrusted text harmless for a terminal while it arrives; see `sanitize`. */
export function createSanitizer(): Sanitizer {
  let safe = "";
  const scanner = new Scanner({
    text: (text) => void (safe += text),
    newline: () => void (safe += "\n"),
    carriageReturn: () => void (safe += "\n"),
    style: () => undefined,
    link: () => undefined,
  });
  const take = (): string => {
    const text = safe;
    safe = "";
    return text;
  };
  return {
    push(text) {
      scanner.push(text);
      return take();
    },
    end() {
      scanner.end();
      return take();
    },
  };
}

/** Nothing in it is more than text: most text is so. */
const HARMLESS = /^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]*$/;

/**
 * Text of a model, a command or a file, made harmless for a terminal: nothing is left that moves the cursor, changes
 * colours, sets titles or the clipboard, links or reverses text. Newlines and tabs stay; a carriage return becomes a
 * newline. Linear.
 */
export function sanitize(text: string): string {
  if (HARMLESS.test(text)) return text;
  const sanitizer = createSanitizer();
  return sanitizer.push(text) + sanitizer.end();
}
