import { hasShortFlag, longOption, optionsOf } from "./option-words.js";
import { baseName } from "./shell/wrapper.js";

/** What some words of a command make its program do beyond its own business. */
export type Hazard = {
  readonly effect: "runs" | "writes" | "changes";
  /** Completes "the command …". */
  readonly text: string;
};

type Options = {
  /** Letters of short options, also inside clusters. */
  readonly short?: string;
  /** Long options, also shortened. */
  readonly long?: string;
  /** Whole words, also with `=value`. */
  readonly words?: string;
};

const RUNS = { effect: "runs", text: "runs another program through an option" } as const satisfies Hazard;
const WRITES = { effect: "writes", text: "writes a file through an option" } as const satisfies Hazard;
const CHANGES = { effect: "changes", text: "changes a setting of the system" } as const satisfies Hazard;
const EXPANDS = { effect: "runs", text: "reads more options or commands from a file" } as const satisfies Hazard;

/** Per program: the options that let it run, write or change something (exec.md §3.1 and its bypasses). */
const TABLE: Readonly<Record<string, readonly (readonly [Hazard, Options])[]>> = {
  find: [
    [RUNS, { words: "-exec -execdir -ok -okdir" }],
    [WRITES, { words: "-delete -fls -fprint -fprint0 -fprintf" }],
    [EXPANDS, { words: "-files0-from" }],
  ],
  fd: [[RUNS, { short: "xX", long: "exec exec-batch" }]],
  fdfind: [[RUNS, { short: "xX", long: "exec exec-batch" }]],
  rg: [[RUNS, { short: "z", long: "pre hostname-bin search-zip" }]],
  grep: [[RUNS, { long: "filter pager" }]],
  ugrep: [[RUNS, { long: "filter pager", short: "Q" }]],
  sort: [
    [WRITES, { short: "oT", long: "output temporary-directory" }],
    [RUNS, { long: "compress-program" }],
    [EXPANDS, { long: "files0-from" }],
  ],
  base64: [[WRITES, { short: "o", long: "output" }]],
  base32: [[WRITES, { short: "o", long: "output" }]],
  tree: [[WRITES, { short: "oR", long: "output" }]],
  xxd: [[WRITES, { short: "r" }]],
  date: [[CHANGES, { short: "s", long: "set" }]],
  hostname: [[CHANGES, { short: "Fb", long: "file boot" }]],
  sysctl: [[CHANGES, { short: "wp", long: "write load system" }]],
  tar: [
    [
      RUNS,
      {
        short: "IF",
        long: "use-compress-program to-command checkpoint-action info-script new-volume-script rsh-command",
      },
    ],
    [WRITES, { short: "P", long: "absolute-names" }],
  ],
  zip: [[RUNS, { short: "T", long: "unzip-command test" }]],
  man: [[RUNS, { short: "PHX", long: "pager html troff preprocessor" }]],
  less: [
    [WRITES, { short: "oO", long: "log-file LOG-FILE" }],
    [RUNS, { short: "k", long: "lesskey-file lesskey-src lesskey-content" }],
  ],
  curl: [
    [WRITES, { short: "oOcDT", long: "output output-dir remote-name remote-name-all cookie-jar dump-header trace" }],
    [EXPANDS, { short: "K", long: "config" }],
  ],
  wget: [
    [WRITES, { short: "oOPa", long: "output-file output-document directory-prefix append-output" }],
    [EXPANDS, { short: "ie", long: "input-file execute config use-askpass" }],
  ],
  ssh: [[RUNS, { short: "oFELRDS" }]],
  scp: [[RUNS, { short: "oSF" }]],
  sftp: [[RUNS, { short: "oSFb" }]],
  rsync: [
    [RUNS, { short: "e", long: "rsh rsync-path" }],
    [WRITES, { long: "log-file delete remove-source-files write-batch partial-dir" }],
  ],
};

/**
 * What the options of a command make its program do beyond its own business: run programs, write files, change
 * settings. An allow rule that does not name such an option does not cover it. Errs on the side of finding one.
 */
export function hazardsOf(argv: readonly string[]): readonly Hazard[] {
  const [program = "", ...rest] = argv;
  const name = baseName(program);
  const rows = Object.hasOwn(TABLE, name) ? (TABLE[name] ?? []) : [];
  const found: Hazard[] = rows.filter(([, options]) => given(rest, options)).map(([hazard]) => hazard);
  if (name === "git") found.push(...gitHazards(rest));
  if (name === "sed" || name === "gsed") found.push(...sedHazards(rest));
  if (/^(?:[gmn]|original-)?awk$/.test(name)) found.push(...awkHazards(rest));
  if (name === "uniq" && rest.filter((word) => !word.startsWith("-")).length > 1) found.push(WRITES);
  return found;
}

function given(rest: readonly string[], { short, long, words }: Options): boolean {
  const options = optionsOf(rest);
  if (short !== undefined && hasShortFlag(options, short)) return true;
  if (long?.split(" ").some((name) => longOption(options, name)) === true) return true;
  return words?.split(" ").some((word) => rest.some((each) => each === word || each.startsWith(`${word}=`))) === true;
}

const GIT_RUNS =
  "ext-diff textconv exec upload-pack receive-pack open-files-in-pager extcmd tool config config-env exec-path template";
/** Short options that run or write, by subcommand; elsewhere the same letters are harmless. */
const GIT_SHORT: Readonly<Record<string, readonly [Hazard, string]>> = {
  archive: [WRITES, "o"],
  clone: [RUNS, "cu"],
  difftool: [RUNS, "xt"],
  "format-patch": [WRITES, "o"],
  grep: [RUNS, "O"],
  rebase: [RUNS, "x"],
};

function gitHazards(rest: readonly string[]): readonly Hazard[] {
  const options = optionsOf(rest).filter((word) => word !== "--text");
  const [subcommand = "", verb] = rest;
  const [hazard, letters] = (Object.hasOwn(GIT_SHORT, subcommand) ? GIT_SHORT[subcommand] : undefined) ?? [];
  const found: Hazard[] = [];
  if (hazard !== undefined && letters !== undefined && hasShortFlag(options, letters)) found.push(hazard);
  const carries =
    `${subcommand} ${verb ?? ""}` === "bisect run" || (subcommand === "submodule" && rest.includes("foreach"));
  const transport = rest.some((word) => word.startsWith("ext::"));
  const runs = GIT_RUNS.split(" ").some((name) => longOption(options, name));
  if (carries || transport || runs) found.push(RUNS);
  if (["output", "output-directory"].some((name) => longOption(options, name))) found.push(WRITES);
  return found;
}

/** One address or none, then `p`, `d`, `q` or `=`. */
const SED_PICKS = /^(?:(?:\d+|\$)(?:,(?:\d+|\$))?|\/[^/\\]*\/)?\s*[pdq=]$/;
/** One substitution whose flags can neither run nor write. */
const SED_REPLACES = /^s(?<mark>[/|,#:])(?:(?!\k<mark>)[^\\\n])*\k<mark>(?:(?!\k<mark>)[^\\\n])*\k<mark>[gpiI0-9]*$/;

function sedHazards(rest: readonly string[]): readonly Hazard[] {
  const options = optionsOf(rest);
  const found: Hazard[] = [];
  if (hasShortFlag(options, "iI") || longOption(options, "in-place")) found.push(WRITES);
  if (hasShortFlag(options, "f") || longOption(options, "file")) found.push(EXPANDS);
  const hasExpressions = options.some((word) => /^-[^-]*e|^--e/.test(word));
  const script = rest.find((word) => !word.startsWith("-")) ?? "";
  if (hasExpressions || (script !== "" && !SED_PICKS.test(script) && !SED_REPLACES.test(script))) {
    found.push({ effect: "runs", text: "has a sed script that may run a program or write a file" });
  }
  return found;
}

function awkHazards(rest: readonly string[]): readonly Hazard[] {
  const options = optionsOf(rest);
  const found: Hazard[] = hasShortFlag(options, "fiElp") || longOption(options, "file") ? [EXPANDS] : [];
  if (rest.some((word) => /system|getline|[|>@]|printf?\s*\(/.test(word))) {
    found.push({ effect: "runs", text: "has an awk program that may run a program or write a file" });
  }
  return found;
}
