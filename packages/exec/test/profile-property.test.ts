import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { createDirectEnvironment, readProfile, skipProfile } from "../src/index.js";
import { VARS, builtHelper, describeUnless, emptyFolder, run } from "./support.js";
import type { ListingShell } from "../src/profile-state.js";
import type { Shell } from "../src/index.js";

const fresh = (): AbortSignal => new AbortController().signal;
const found = (paths: readonly string[]): string | undefined => paths.find((path) => existsSync(path));

type Case = {
  readonly profile: string;
  readonly scripts: readonly string[];
  /** Of the profile, which is not heard with each command any more. */
  readonly printed?: RegExp;
};

/** Of any shell. */
const COMMON: Readonly<Record<string, Case>> = {
  "exports variables": {
    profile: `export ADDED='a "b" $c\n d' PATH="$HOME/bin:$PATH"; unset GONE`,
    scripts: ['printf "%s|" "$ADDED" "$PATH" "${GONE-gone}"', "env | grep -c CODEX_PROFILE"],
  },
  "defines functions": {
    profile: `greet() { echo "hello $1 $#"; }; nested() { greet "$(printf '%s' "it's \\"$1\\"")"; return 4; }`,
    scripts: ["greet a b", "nested 'x y'", "nested; echo $?; greet", "(greet sub) | cat"],
  },
  "defines aliases with quotes": {
    profile: `alias say='printf "%s\\n" "it'"'"'s"'\nalias twice='say; say'`,
    scripts: ["say", "twice", "type say", "say\nsay | cat"],
  },
  "keeps variables to the shell": {
    profile: `MINE='a\nb'; EMPTY=`,
    scripts: ['echo "$MINE" "${EMPTY-unset}"', "env | grep -c MINE", "sh -c 'echo ${MINE-none}'"],
  },
  "makes variables read only": {
    profile: "readonly FIXED=1; export EXPORTED=2; readonly EXPORTED",
    scripts: ['echo "$FIXED $EXPORTED"; env | grep EXPORTED', "(FIXED=2) 2>/dev/null; echo $?"],
  },
  "ends at the first failure": { profile: "set -e", scripts: ["false; echo not here", "true && echo here", "exit 7"] },
  "refuses unset variables": { profile: "set -u", scripts: ["(echo $NOT_THERE) 2>/dev/null; echo $?", "echo $#"] },
  "splits words in its own way": {
    profile: "IFS=:",
    scripts: ['set -- a b; echo "$*"', "x=a:b; for y in $x; do echo $y; done"],
  },
  "sets a trap for the end": {
    profile: `trap 'echo "bye $?"' EXIT; trap 'echo caught' USR1`,
    scripts: ["echo x", "exit 3", "kill -USR1 $$; echo after", "(exit 2)"],
  },
  "changes the mask": { profile: "umask 027", scripts: ["umask", "touch made; ls -l made | cut -c1-10; rm made"] },
  prints: {
    profile: "echo welcome; echo warning >&2; hello() { echo hi; }",
    scripts: ["hello", "hello >&2"],
    printed: /welcome\n|warning\n/g,
  },
  "takes its time and fails": { profile: "sleep 0.3; export LATE=1; false", scripts: ["echo $? $LATE", "false"] },
  "has words of other languages": {
    profile: "größe() { echo 'grüße 👋'; }; WORD='naïve 👋'",
    scripts: ['echo "$WORD"', "größe"],
  },
};

const ONLY: Readonly<Record<ListingShell, Readonly<Record<string, Case>>>> = {
  bash: {
    "expands aliases": {
      profile: `shopt -s expand_aliases; alias l='echo listed'; alias q='echo "it'"'"'s"'`,
      scripts: ["l", "l; q\nq", "if true; then l one; fi", "'l'"],
    },
    "exports functions": {
      profile: "f() { echo from f; }; export -f f; g() { f; }",
      scripts: ["f; g", "bash -c 'f; g'", "declare -F"],
    },
    "has arrays and attributes": {
      profile: `LIST=("a b" 'c"d'); declare -A MAP=([k]="v v"); declare -i N=3; declare -xi M=4; declare -n REF=N`,
      scripts: ['echo "${LIST[1]} ${MAP[k]}"; N=2+2; echo $N $REF; declare -p LIST MAP M'],
    },
    "needs its options to be parsed": {
      profile: "shopt -s extglob nullglob globstar\npick() { case $1 in @(a|b)) echo yes;; *) echo no;; esac; }",
      scripts: ["pick a; pick c", "echo no-such-*", "[[ ab == +(a|b) ]]; echo $?", "shopt -p extglob"],
    },
    "documents in functions": {
      profile: "doc() { cat <<END\nline $1\n  'two'\nEND\n}\nPROMPT_COMMAND='echo prompt'; set -o pipefail",
      scripts: ["doc x", "false | true", "echo $PROMPT_COMMAND"],
    },
  },
  zsh: {
    "has what only zsh has": {
      profile:
        "alias -g UP='| tr a-z A-Z'; alias -s txt=cat; setopt extendedglob nullglob; typeset -A MAP; MAP=(k 'v v')\n" +
        "fpath=(/nowhere $fpath); hash -d near=/usr; autoload -Uz add-zsh-hook colors; f() { :; }; path=(~/bin $path); typeset -i N=3",
      scripts: [
        "echo loud UP",
        "echo no-such-*",
        "whence -w colors add-zsh-hook; colors; echo $MAP[k] $N $fpath[1] ~near $path[1]",
        "setopt | grep -vx login",
      ],
    },
  },
};

/** Profiles that nothing but a login shell can stand for. */
const REFUSED: readonly string[] = [
  "exit 3",
  "exec zsh",
  "exec cat /dev/null",
  "cd /",
  "ulimit -n 123",
  "export S=$(date +%s%N)",
  "HERE=$PWD",
  "exec 5>/dev/null",
  "set -x",
];

const SCRIPTS = [
  'echo "$0 $1 $#"',
  "echo $?; exit 5",
  "no-such-program-here",
  "cat",
  "echo 'it'\"'\"'s'\necho two # three",
  "",
];

let helper = "";
beforeAll(() => {
  helper = builtHelper();
});

function user(shell: Shell, profile: string) {
  const home = emptyFolder();
  for (const name of [".bash_profile", ".zprofile", ".profile"]) writeFileSync(join(home, name), `${profile}\n`);
  const where = createDirectEnvironment({ id: "x", helper, allow_missing: [] });
  const env = { ...VARS, HOME: home, GONE: "1", LANG: "C.UTF-8" };
  const asked = (script: string) =>
    ({ argv: [shell.path, "-lc", script, "zero", "one"], cwd: home, env, stdin: "closed" }) as const;
  return { where, asked, read: () => readProfile(shell, { where, cwd: home, env }, fresh()) };
}

const SHELLS: Readonly<Record<ListingShell, string | undefined>> = {
  bash: found(["/bin/bash", "/usr/bin/bash"]),
  zsh: found(["/bin/zsh", "/usr/bin/zsh"]),
};

for (const kind of ["bash", "zsh"] as const) {
  const path = SHELLS[kind];
  const cases = { ...COMMON, ...ONLY[kind] };
  const count = Object.keys(cases).length + REFUSED.length;
  const skipped = path === undefined ? `${count} profiles of ${kind}, which is not here` : undefined;
  if (skipped !== undefined) process.stderr.write(`SKIPPED: ${skipped}\n`);
  describeUnless(skipped, `a command of ${kind}`, () => {
    const shell = { kind, path: path ?? "" };
    it.each(Object.entries(cases))("is the same without its login shell where the profile %s", async (_what, one) => {
      const { where, asked, read } = user(shell, one.profile);
      const profile = await read();
      if (profile === undefined) throw new Error("cannot be taken");
      for (const script of [...one.scripts, ...SCRIPTS]) {
        const plain = skipProfile(asked(script), shell, profile);
        expect(plain.argv[1]).not.toBe("-lc");
        const [with_it, login] = [await run(where, plain), await run(where, asked(script))];
        const text = login.text.replace(one.printed ?? /^$/, "");
        const same = (said: string) => said.replaceAll("(eval):", "zsh:");
        expect([script, same(with_it.text), with_it.exit]).toEqual([script, same(text), login.exit]);
      }
    });

    it.each(REFUSED)("goes on starting a login shell where the profile says: %s", async (profile) => {
      expect(await user(shell, profile).read()).toBeUndefined();
    });
  });
}
