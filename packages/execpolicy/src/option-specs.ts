/** The options of one read-only program that are known to do no harm. Whatever is not listed makes it unsafe. */
export type OptionSpec = {
  /** Letters of options without a value. */
  readonly flags?: string;
  /** Letters of options with a value, glued or in the next word. */
  readonly valued?: string;
  /** Names of long options without a value. */
  readonly long?: string;
  /** Names of long options with a value, after `=` or in the next word. */
  readonly longValued?: string;
  /** At most this many operands; without it any number. */
  readonly operands?: number;
  /** What every operand must look like. */
  readonly operand?: RegExp;
};

const GREP =
  "extended-regexp fixed-strings basic-regexp perl-regexp ignore-case no-ignore-case word-regexp line-regexp null-data " +
  "no-messages invert-match version help byte-offset line-number line-buffered with-filename no-filename null text " +
  "files-without-match files-with-matches count initial-tab only-matching quiet silent recursive dereference-recursive " +
  "color colour no-ignore-case";

const RG =
  "files files-with-matches files-without-match count count-matches line-number no-line-number column no-column heading " +
  "no-heading ignore-case smart-case case-sensitive fixed-strings word-regexp line-regexp invert-match multiline " +
  "multiline-dotall hidden no-hidden no-ignore no-ignore-vcs no-ignore-parent no-ignore-dot no-ignore-global " +
  "no-ignore-exclude no-ignore-files follow no-follow text binary json vimgrep pretty trim null null-data only-matching " +
  "passthru passthrough quiet stats type-list unrestricted with-filename no-filename pcre2 no-config no-messages crlf " +
  "one-file-system byte-offset glob-case-insensitive block-buffered line-buffered no-unicode version help debug";

export const OPTION_SPECS: Readonly<Record<string, OptionSpec>> = {
  base64: { flags: "dDi", valued: "wb", long: "decode ignore-garbage", longValued: "wrap", operands: 1 },
  date: {
    flags: "uR",
    valued: "I",
    long: "utc universal rfc-email iso-8601",
    longValued: "date rfc-3339 iso-8601",
    operand: /^\+/,
  },
  diff: {
    flags: "uNrqyBbwiaEZdtTpsce",
    valued: "UCWxIL",
    long: "unified recursive brief side-by-side ignore-all-space ignore-space-change ignore-blank-lines new-file text",
    longValued: "unified context width exclude label ignore-matching-lines color",
  },
  file: { flags: "bLhikr0N", long: "brief mime mime-type mime-encoding dereference no-dereference" },
  grep: {
    flags: "EFGPabcHhILlinoqrRsTUuvwxyzZ",
    valued: "ABCDdefm",
    long: GREP,
    longValued:
      "regexp file max-count label after-context before-context context binary-files directories devices include " +
      "exclude exclude-from exclude-dir color colour group-separator",
  },
  rg: {
    flags: "FHILNPSUVabchilnopqsuvwx0.",
    valued: "ABCEMTdefgjmrt",
    long: RG,
    longValued:
      "regexp file glob iglob type type-not max-count max-depth maxdepth max-filesize max-columns threads replace " +
      "after-context before-context context color colors encoding engine sort sortr path-separator ignore-file " +
      "context-separator field-match-separator regex-size-limit dfa-size-limit",
  },
  sort: {
    flags: "bdfgihMnRrVcCmsuz",
    valued: "kt",
    long:
      "ignore-leading-blanks dictionary-order ignore-case general-numeric-sort ignore-nonprinting month-sort " +
      "human-numeric-sort numeric-sort random-sort reverse version-sort check merge stable unique zero-terminated",
    longValued: "key field-separator sort check",
  },
  tree: {
    flags: "adflxsphugDFCNAQqivrtcUJXn",
    valued: "LPI",
    long: "noreport dirsfirst filesfirst gitignore prune du si inodes device metafirst",
    longValued: "filelimit charset sort timefmt",
  },
  uniq: {
    flags: "cdDiuz",
    valued: "fsw",
    long: "count repeated unique ignore-case zero-terminated",
    longValued: "skip-fields skip-chars check-chars all-repeated group",
    operands: 1,
  },
};

/**
 * Whether every word is a listed option, the value of one, or a permitted operand. Whether an option takes the next
 * word may differ between versions of a program, so that word must do no harm either way: it counts as an operand.
 */
export function fitsOptionSpec(words: readonly string[], spec: OptionSpec): boolean {
  const end = words.indexOf("--");
  const before = end < 0 ? words : words.slice(0, end);
  const isOption = (word: string) => word.length > 1 && word.startsWith("-");
  const operands = [...before.filter((word) => !isOption(word)), ...(end < 0 ? [] : words.slice(end + 1))];
  if (operands.length > (spec.operands ?? Number.POSITIVE_INFINITY)) return false;
  if (operands.some((word) => spec.operand?.test(word) === false)) return false;
  return before.every((word) => !isOption(word) || isListed(word, spec));
}

function isListed(word: string, spec: OptionSpec): boolean {
  if (!word.startsWith("--")) return isListedCluster(word.slice(1), spec);
  const [name = ""] = word.slice(2).split("=", 1);
  const isValued = spec.longValued?.split(" ").includes(name) === true;
  return isValued || (!word.includes("=") && spec.long?.split(" ").includes(name) === true);
}

function isListedCluster(letters: string, spec: OptionSpec): boolean {
  if (/^\d+$/.test(letters)) return spec.flags !== undefined;
  for (const letter of letters) {
    if (spec.valued?.includes(letter) === true) return true;
    if (spec.flags?.includes(letter) !== true) return false;
  }
  return true;
}
