/** Words after which a program runs whatever follows, by program (exec.md §2.5). `""` stands for the bare program. */
const CODE_FLAGS: readonly (readonly [programs: string, flags: string])[] = [
  ["bash sh zsh dash ksh fish ash busybox", "-c -lc -cl -l -ic -i -s"],
  ["python python3 python2 py pypy pypy3 pythonw ipython", "- -c -m -i -I -E -u -3"],
  ["node nodejs tsx ts-node", "-e -p --eval --print -r --require --import -i"],
  ["perl ruby lua luajit julia raku", "-e -E -n -p -i"],
  ["php", "-r -B -R -E"],
  ["Rscript R", "-e"],
  ["bun", "-e run x --eval"],
  ["deno", "eval run"],
  ["npm pnpm yarn", "run run-script exec dlx x start-script"],
  ["npx bunx pnpx uvx pipx", "run"],
  ["uv poetry pipenv hatch pdm rye", "run"],
  ["docker podman nerdctl", "run exec compose"],
  ["kubectl oc", "exec run"],
  ["git", "-c -C"],
  ["osascript", "-e"],
  ["cmd cmd.exe", "/c /k"],
  [
    "powershell powershell.exe pwsh pwsh.exe",
    "-Command -c -File -f -EncodedCommand -e -ec -command -file -encodedcommand",
  ],
];

/** Programs that run, remove or reach whatever they are told: never allowed by their name alone. */
const BARE =
  "env sudo doas su rm rmdir xargs parallel find fd ssh scp rsync make gmake ninja just nohup nice timeout time " +
  "stdbuf setsid ionice chroot unshare watch script flock strace gdb eval exec command builtin source . trap awk " +
  "gawk mawk nawk sed tar tee dd mv cp ln chmod chown install curl wget nc ncat socat less more man vi vim nvim " +
  "emacs nano ed ex cargo go gradle mvn rake bundle tclsh expect sqlite3 psql mysql systemctl crontab at mount";

const BROAD: ReadonlySet<string> = new Set([
  ...BARE.split(" "),
  ...CODE_FLAGS.flatMap(([programs, flags]) =>
    programs.split(" ").flatMap((program) => [program, ...flags.split(" ").map((flag) => `${program} ${flag}`)]),
  ),
  "py -3 -c",
  "go run",
  "cargo run",
]);

/**
 * Whether a persisted rule of these words would allow nearly anything: an interpreter, a program that runs others, or
 * a family such as `npm run`. Such a rule is never offered or written (stricter than exec.md §2.5: paths
 * to these programs count as well, and so does the empty prefix).
 */
export function isBroadPrefix(pattern: readonly string[]): boolean {
  const [program, ...rest] = pattern;
  if (program === undefined) return true;
  const name = program.slice(program.lastIndexOf("/") + 1);
  return (
    BROAD.has([name.replace(/\d+(\.\d+)*$/, "") || name, ...rest].join(" ")) || BROAD.has([name, ...rest].join(" "))
  );
}
