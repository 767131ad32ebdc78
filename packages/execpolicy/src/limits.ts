/** Fixed bounds on rules files: whatever exceeds one is refused, so that no input can make reading slow. */
export const RULES_LIMITS = {
  /** UTF-16 units of one file. */
  text: 1024 * 1024,
  /** Brackets inside one another. */
  depth: 16,
  /** Units of one string, also after `+`. */
  string: 64 * 1024,
  /** Elements of one list, also after `+`. */
  list: 4096,
  /** Words that one place of a pattern may have. */
  alternatives: 256,
  /** Words of one pattern. */
  pattern: 64,
  /** Values built or looked at in one file, in all. */
  values: 250_000,
  /** Rule files of one folder. */
  files: 1000,
} as const;
