import { expect, it } from "vitest";
import { reveal } from "../src/index.js";

it.each([
  ["plain words stay", "rm -rf 'a b' é 漢 🙂\n\tx", "rm -rf 'a b' é 漢 🙂\n\tx"],
  ["marks that reverse text", "a\u202Eb\u2066", "a<U+202E>b<U+2066>"],
  ["characters of no width", "su\u200bdo\ufeff", "su<U+200B>do<U+FEFF>"],
  ["escapes, returns and DEL", "ls\u001b[8m\rrm\u007f\u009b", "ls<U+001B>[8m<U+000D>rm<U+007F><U+009B>"],
  ["letters of a hidden alphabet", "a\u{e0041}b", "a<U+E0041>b"],
  ["line separators, fillers and halves of characters", "a\u2028b\u3164\ud800", "a<U+2028>b<U+3164><U+D800>"],
])("%s", (_what, text, shown) => {
  expect(reveal(text)).toBe(shown);
});
