/** Runs scripts in a real shell whose every program is a stub that writes down its name and arguments. */
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { BUILTINS, PROGRAMS } from "./shell-scripts.js";

const run = promisify(execFile);

const STUB = `#!/bin/sh
printf '%s\\0' "$#" "\${0##*/}" "$@" >>"$RECORD"
case "\${0##*/}" in (no*|false) exit 1;; esac
`;

const BASH_DRIVER = `
enable -n ${BUILTINS.join(" ")}
for ((i = $FIRST; i < $LAST; i++)); do
  ( export RECORD="$HOME_OF_RUNS/record-$i"
    IFS= read -r -d '' script <"$HOME_OF_RUNS/script-$i"
    unset i IFS; eval "$script" ) </dev/null >/dev/null 2>&1
done
exit 0
`;
const DASH_DRIVER = `
i=$FIRST
while [ "$i" -lt "$LAST" ]; do
  ( RECORD="$HOME_OF_RUNS/record-$i"; export RECORD
    script=$(/bin/cat "$HOME_OF_RUNS/script-$i"; /bin/echo x); script=\${script%x}
    eval "$script" ) </dev/null >/dev/null 2>&1
  i=$((i + 1))
done
exit 0
`;
/** With the options on under which zsh reads more into words than it does by itself. */
const ZSH_DRIVER = `
disable ${BUILTINS.join(" ")}
setopt extendedglob rcquotes
for ((i = FIRST; i < LAST; i++)); do
  ( export RECORD="$HOME_OF_RUNS/record-$i"
    script="$(/bin/cat "$HOME_OF_RUNS/script-$i"; /bin/echo x)"; script="\${script%x}"
    eval "$script" ) </dev/null >/dev/null 2>&1
done
exit 0
`;
/** Set CODEX_ZSH to test a zsh that is not installed. */
export const ZSH = process.env["CODEX_ZSH"] ?? "/bin/zsh";
const SHELLS = { bash: ["/bin/bash", BASH_DRIVER], sh: ["/bin/sh", DASH_DRIVER], zsh: [ZSH, ZSH_DRIVER] } as const;
const BATCH = 250;

export type Shell = keyof typeof SHELLS;
type Call = readonly string[];

/** For each script, the argument lists that really ran, in no particular order (pipelines run at once). */
export async function recordCalls(
  scripts: readonly string[],
  options: { readonly shell: Shell; readonly locale: string },
): Promise<readonly (readonly Call[])[]> {
  const home = await mkdtemp(join(tmpdir(), "execpolicy-shell-"));
  try {
    await prepare(home, scripts);
    const [program, driver] = SHELLS[options.shell];
    await writeFile(join(home, "driver"), driver);
    for (let first = 0; first < scripts.length; first += BATCH) {
      const env = {
        PATH: join(home, "programs"),
        HOME: "/nowhere",
        LC_ALL: options.locale,
        HOME_OF_RUNS: home,
        FIRST: String(first),
        LAST: String(Math.min(first + BATCH, scripts.length)),
      };
      const bare = options.shell === "zsh" ? ["-f"] : [];
      await run(program, [...bare, join(home, "driver")], { cwd: join(home, "work"), env, timeout: 120_000 });
    }
    return await Promise.all(scripts.map(async (_, index) => await readCalls(join(home, `record-${index}`))));
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function prepare(home: string, scripts: readonly string[]): Promise<void> {
  await mkdir(join(home, "programs"));
  await mkdir(join(home, "work"));
  for (const name of ["a1", "b1", "-x", "foo", "ax"]) await writeFile(join(home, "work", name), "");
  for (const name of [...PROGRAMS, ...BUILTINS]) {
    await writeFile(join(home, "programs", name), STUB);
    await chmod(join(home, "programs", name), 0o755);
  }
  for (const [index, script] of scripts.entries()) await writeFile(join(home, `script-${index}`), script);
}

async function readCalls(path: string): Promise<readonly Call[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  const fields = text.split("\0").slice(0, -1);
  const calls: Call[] = [];
  for (let index = 0; index < fields.length;) {
    const end = index + 2 + Number(fields[index]);
    calls.push(fields.slice(index + 1, end));
    index = end;
  }
  return calls;
}
