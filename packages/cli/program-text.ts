/**
 * What launch.ts runs: one function, in ASCII, so that V8 need not decode it and keeps it in half the memory. esbuild
 * leaves the characters of regular expressions as they are; an escape means the same there and in texts.
 */
export function programText(code: string): string {
  const ascii = code.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return `(function(require,__filename,__dirname){${ascii}\n})`;
}
