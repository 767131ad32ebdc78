import { fitsOptionSpec, type OptionSpec } from "./option-specs.js";

const LISTING =
  "all branches remotes abbrev-commit no-abbrev-commit oneline graph reverse merges no-merges first-parent decorate " +
  "no-decorate source cherry-pick cherry-mark left-right topo-order date-order author-date-order simplify-by-decoration " +
  "full-history follow name-only name-status stat shortstat numstat summary compact-summary dirstat no-patch patch raw " +
  "no-color no-renames no-pager ignore-all-space ignore-space-change ignore-blank-lines word-diff minimal patience " +
  "histogram no-ext-diff no-textconv exit-code quiet check full-index binary cached staged merge-base text no-index " +
  "cc function-context relative no-prefix pickaxe-all pickaxe-regex no-notes no-mailmap use-mailmap ignore-case " +
  "fixed-strings extended-regexp perl-regexp invert-grep all-match regexp-ignore-case boundary no-walk show-pulls";
const LISTING_VALUED =
  "max-count skip since after until before author committer grep format pretty date diff-filter color abbrev unified " +
  "inter-hunk-context find-renames find-copies word-diff word-diff-regex stat decorate decorate-refs branches remotes " +
  "tags glob exclude diff-algorithm min-parents max-parents anchored rotate-to skip-to ignore-submodules submodule";

const LOG: OptionSpec = {
  flags: "pzsuwbiEFPacmrtRWB",
  valued: "nUSGLMCDOX",
  long: LISTING,
  longValued: LISTING_VALUED,
};

const SUBCOMMANDS: Readonly<Record<string, OptionSpec>> = {
  log: LOG,
  show: LOG,
  diff: LOG,
  status: {
    flags: "sbzvu",
    long: "short branch porcelain long verbose show-stash ahead-behind no-ahead-behind renames no-renames ignored",
    longValued: "porcelain untracked-files ignore-submodules ignored column find-renames",
  },
  branch: {
    flags: "larv",
    long: "list show-current all remotes verbose",
    longValued: "format color sort",
    operands: 0,
  },
};

/** Formats of git's own; any other name may come from the repository's configuration. */
const OWN_FORMATS = /^(?:oneline|short|medium|full|fuller|reference|email|raw|mboxrd)$/;
const FORMAT_OPTION = /^--(?:format|pretty)=(?<format>.*)$/s;

/**
 * Whether these arguments of git only read, in a repository whose configuration names no program. Options before the
 * subcommand are refused, whatever they are: each can point git at other configuration (exec.md §3.1).
 */
export function gitReads(rest: readonly string[]): boolean {
  const [subcommand = "", ...words] = rest;
  const spec = Object.hasOwn(SUBCOMMANDS, subcommand) ? SUBCOMMANDS[subcommand] : undefined;
  if (spec === undefined || !fitsOptionSpec(words, spec)) return false;
  return words.every((word) => {
    const format = FORMAT_OPTION.exec(word)?.groups?.["format"];
    return format === undefined || isHarmlessFormat(format);
  });
}

/** Signature placeholders run the signature checker. */
function isHarmlessFormat(format: string): boolean {
  const isCustom = /^t?format:|%/.test(format);
  return (isCustom || OWN_FORMATS.test(format)) && !/%[^a-z]*G|signature/i.test(format);
}
