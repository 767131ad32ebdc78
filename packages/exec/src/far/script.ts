import { quote } from "./quote.js";

/**
 * What runs on the far side, in any POSIX shell. Two programs: a warden, one for as long as we are connected, and a
 * runner for each command. A command's arguments and variables reach the runner in a file below a directory of mode
 * 0700, so no list of processes shows them.
 *
 * | file of the directory | |
 * | --- | --- |
 * | `run` | the runner |
 * | `ID.req` | one line of shell that becomes the command; the command's start removes it |
 * | `ID.pid` | process, session, group leader, runner, how: while the command runs |
 * | `ID.stop` | the command was to end before it began |
 */

/**
 * `run run|tty ID HOW`, HOW being `plain` or `helper` (the sandbox helper then looks after the tree); `run become ID
 * RUNNER LEADER HOW` is the process that turns into the command; `run kill ID SIGNAL`.
 *
 * Both streams begin with a line that holds the id: whatever comes before is noise of the account's start-up files.
 * A failed start says `ID!` and why on stderr, after that line and instead of anything else.
 *
 * Without the helper a tree is what has the command's session or carries `CODEX_TREE` in its environment. Where
 * there is no /proc, it is the process group.
 */
const RUNNER = `
d=\${0%/*}; id=$2
n='
'
session_of() { read -r line < "/proc/$1/stat" && set -- \${line##*) } && sid=$4; }
members() {
  m=
  for f in $(grep -lsF "CODEX_TREE=$id" /proc/[0-9]*/environ); do f=\${f#/proc/}; m="$m \${f%/environ}"; done
  for f in /proc/[0-9]*/stat; do
    read -r line < "$f" || continue
    f=\${f#/proc/}; f=\${f%/stat}
    set -- "$1" \${line##*) }
    [ "$5" = "$1" ] && [ "$1" != 0 ] && [ "$2" != Z ] && [ "$f" != $$ ] && [ "$f" != "$runner" ] && m="$m $f"
  done
}
sweep() {
  [ -d /proc/self ] || { kill -KILL "-$leader"; return; }
  k=0
  while [ $k -lt 50 ]; do
    members "$sid"
    [ -n "$m" ] || return
    kill -KILL $m
    k=$((k + 1))
  done
}
known() { read -r pid sid leader runner how < "$d/$id.pid"; }
fail() { printf '%s\\n' "$*" >&3; exit 127; }
enter() { cd -- "$1" 2>/dev/null || fail "not_found no such directory: $1"; unset OLDPWD; }
lookup() {
  case $1 in
    */*)
      [ -e "$1" ] || fail "not_found no such program: $1"
      [ -f "$1" ] && [ -x "$1" ] || fail "not_executable cannot execute $1";;
    *)
      (
        IFS=:; set -f
        for p in $PATH; do [ -f "\${p:-.}/$1" ] && [ -x "\${p:-.}/$1" ] && exit 0; done
        exit 1
      ) || fail "not_found no such program: $1";;
  esac
}
case $1 in
run)
  exec 4>&1 5>&2 2>/dev/null
  trap : HUP INT QUIT TERM
  printf '%s\\n' "$id"; printf '%s\\n' "$id" >&5
  if command -v setsid >/dev/null; then
    said=$(exec setsid env -i /bin/sh "$0" become "$id" $$ self "$3" 3>&1 1>&4 2>&5 4>&- 5>&-)
  else
    said=$(exec env -i /bin/sh "$0" become "$id" $$ $$ "$3" 3>&1 1>&4 2>&5 4>&- 5>&-)
  fi
  code=$?
  known && [ "$how" = plain ] && sweep
  rm -f "$d/$id.pid" "$d/$id.req" "$d/$id.stop"
  [ -n "$said" ] && printf '%s!%s' "$id" "$said" >&5
  exit $code;;
tty)
  exec 5>&2 2>/dev/null
  trap : HUP INT QUIT TERM
  printf '%s\\n' "$id"
  env -i /bin/sh "$0" become "$id" $$ $$ "$3" 2>&5 3>&2 5>&-
  code=$?
  known && [ "$how" = plain ] && sweep
  rm -f "$d/$id.pid" "$d/$id.req" "$d/$id.stop"
  exit $code;;
become)
  runner=$3; leader=$4; sid=0
  [ "$leader" = self ] && leader=$$
  { session_of $$; } 2>/dev/null
  printf '%s\\n' "$$ $sid $leader $runner $5" > "$d/$id.pid"
  [ -e "$d/$id.stop" ] && exit 143
  . "$d/$id.req";;
kill)
  : > "$d/$id.stop"
  known || exit 0
  case $how$3 in
    helperKILL) kill -USR1 "$pid";;
    helper*) kill "-$3" "$pid";;
    plainKILL) sweep;;
    plain*) kill "-$3" "-$leader";;
  esac;;
esac
`;

/**
 * Says where it is (`base` is the folder for its directory), then obeys lines: `put ID TEXT` keeps a request and
 * answers `put ID`, `kill ID SIGNAL`. At the end of its input, when it is signalled or when we are gone, it ends every
 * command and removes what it made.
 */
const WARDEN = `
umask 077
d=$(mktemp -d "$base/codex.XXXXXXXXXX") || exit 1
printf '%s' "$runner" > "$d/run" || exit 1
finish() {
  trap '' HUP INT TERM PIPE
  for f in "$d"/*.pid; do
    [ -e "$f" ] || continue
    f=\${f##*/}
    /bin/sh "$d/run" kill "\${f%.pid}" KILL
  done
  rm -f "$d"/*
  rmdir "$d"
  exit 0
}
trap finish HUP INT TERM PIPE
s=$SHELL
case \${s##*/} in bash | zsh | sh) [ -x "$s" ];; *) false;; esac || s=$(command -v bash) || s=/bin/sh
printf '%s\\0' "$mark" "$d" "$s" "$PWD" "$(uname -s)" "$(command -v codex-linux-sandbox)"
env -0 2>/dev/null || env | tr '\\n' '\\0'
printf '\\0'
exec 2>/dev/null
while IFS= read -r line; do
  case $line in
    'put '*)
      line=\${line#put }
      id=\${line%% *}
      printf '%s\\n' "\${line#* }" > "$d/$id.req" && printf 'put %s\\n' "$id";;
    'kill '*)
      set -- $line
      /bin/sh "$d/run" kill "$2" "$3" &;;
  esac
done
finish
`;

/** Understood by any login shell: its words need no quoting but this. Reads the warden from its first line. */
export const BOOT = `IFS= read -r b; eval "$b"`;

export type WardenOptions = {
  /** Where its directory goes, as the shell there sees it: `/run/codex`, `${TMPDIR:-/tmp}`. Not user input. */
  readonly base: string;
  /** Comes before what it says, so that noise can be told apart. Letters and digits. */
  readonly mark: string;
};

/** The warden as the one line that `BOOT` reads. */
export function wardenLine({ base, mark }: WardenOptions): string {
  const newline = `n=$(printf '\\n.'); n=\${n%.}`;
  return `${newline}; base="${base}"; mark=${mark}; runner=${quote(RUNNER)}; eval ${quote(WARDEN)}\n`;
}
