import { randomBytes } from "node:crypto";
import { basename } from "node:path";
import { CodexError } from "@codex/common";
import { fileDenial } from "../denial.js";
import { FileDenied } from "../file-server.js";
import { LISTING, decodeEntries } from "./listing.js";
import type { Environment, ExitStatus, Files, ResolvedPolicy } from "@codex/protocol";

/**
 * File operations for any POSIX shell; `$1` is the verb. What is wrong is told on stderr, by a program in the C locale
 * or as `codex: ERRNO`. `write` gets the data on its input their size as `$3` and a free name
 * as `$4`; a connection that breaks in the middle replaces nothing.
 */
const SCRIPT = `
n='
'
v=$1; p=$2
die() { printf 'codex: %s\\n' "$1" >&2; exit 1; }
there() { [ -e "$1" ] || [ -L "$1" ]; }
must() { there "$1" || { ls -d -- "$1" >/dev/null; exit 1; }; }
facts() { set -- $(ls -ldn -- "$1"); links=$2; owner="$3 $4"; }
size() { wc -c < "$1" | tr -d ' '; }
${LISTING}
case $v in
read)
  must "$p"
  [ -d "$p" ] && die EISDIR
  [ -f "$p" ] || { [ -L "$p" ] && ! [ -e "$p" ] && die ENOENT; die EINVAL; }
  [ "$(size "$p")" -le "$3" ] || { [ -r "$p" ] && die EFBIG; }
  exec cat -- "$p";;
write)
  [ -d "$p" ] && die EISDIR
  if [ -e "$p" ] && ! [ -f "$p" ]; then die EINVAL; fi
  t=$p
  if [ -L "$p" ]; then t=$(readlink -f -- "$p" && printf .) || die ENOENT; t=\${t%"$n".}; fi
  links=1
  if [ -e "$t" ]; then : >> "$t" || exit 1; facts "$t"; fi
  b="\${t%/*}/.$4.codex"
  whole() { [ "$(size "$1")" = "$2" ] || { rm -f -- "$1"; die EIO; }; }
  if [ "$links" = 1 ] && (umask 077; set -C; : > "$b") 2>/dev/null; then
    trap 'rm -f -- "$b"' EXIT HUP INT TERM
    if [ -e "$t" ]; then
      was=$owner
      cp -p -- "$t" "$b" || exit 1
      facts "$b"
      if [ "$owner" != "$was" ]; then
        cat > "$b" || exit 1
        whole "$b" "$3"
        cat "$b" > "$t"
        exit
      fi
    else
      chmod "$(printf %o $((0666 & ~0$(umask))))" "$b"
    fi
    cat > "$b" || exit 1
    whole "$b" "$3"
    mv -f -- "$b" "$t" || exit 1
    trap - EXIT
  else
    there "$t" || : > "$t" || exit 1
    cat > "$t"
  fi;;
remove)
  must "$p"
  [ -d "$p" ] && ! [ -L "$p" ] && die EISDIR
  rm -f -- "$p" || exit 1
  there "$p" && die EACCES
  exit 0;;
rename)
  must "$p"
  [ -d "$3" ] && ! [ -L "$3" ] && die EISDIR
  [ -L "$3" ] && [ -d "$3" ] && { rm -f -- "$3" || exit 1; }
  exec mv -f -- "$p" "$3";;
mkdir)
  exec mkdir -p -- "$p";;
list)
  must "$p"
  [ -d "$p" ] || die ENOTDIR
  cd -- "$p" || exit 1
  ls -a . >/dev/null || exit 1
  set -f; IFS=
  for g in './*' './.[!.]*' './..?*'; do
    set +f; set -- $g; set -f
    there "$1" && entries "$@"
  done
  exit 0;;
stat)
  must "$p"
  entries "$p";;
esac
`;

/** Bytes of an answer that is not a file's content. */
const MOST_LISTED = 64 * 1024 * 1024;
const MOST_SAID = 4096;

type Place = {
  readonly exec: Environment["exec"];
  /** The search path there. */
  readonly path: string;
  /** The policy that the place is confined by; absent: none. */
  readonly policy?: ResolvedPolicy;
};

type Work = {
  readonly words: readonly string[];
  readonly data?: Uint8Array;
  /** Bytes. */
  readonly limit: number;
};

/** File operations as commands of a place, so that whatever holds its commands holds these too. */
export function createShellFiles(place: Place): Files {
  const run = (work: Work, signal: AbortSignal): Promise<Buffer> => perform(place, work, signal);
  const change = async (words: readonly string[], signal: AbortSignal, data?: Uint8Array): Promise<void> => {
    await run({ words, limit: 0, ...(data !== undefined && { data }) }, signal);
  };
  return {
    read: (path, limit, signal) => present(run({ words: ["read", path, String(limit)], limit }, signal)),
    write: (path, data, signal) =>
      change(["write", path, String(data.length), randomBytes(6).toString("hex")], signal, data),
    remove: (path, signal) => change(["remove", path], signal),
    rename: (from, to, signal) => change(["rename", from, to], signal),
    mkdir: (path, signal) => change(["mkdir", path], signal),
    async list(path, signal) {
      const entries = decodeEntries(await run({ words: ["list", path], limit: MOST_LISTED }, signal));
      return entries.sort((one, other) => (one.name < other.name ? -1 : 1));
    },
    async stat(path, signal) {
      const found = await present(run({ words: ["stat", path], limit: MOST_LISTED }, signal));
      const [entry] = found === undefined ? [] : decodeEntries(found);
      return entry === undefined ? undefined : { ...entry, name: basename(path) };
    },
  };
}

async function perform(place: Place, { words, data, limit }: Work, signal: AbortSignal): Promise<Buffer> {
  signal.throwIfAborted();
  const argv = ["/bin/sh", "-c", SCRIPT, "codex", ...words];
  const env = { PATH: place.path, LC_ALL: "C" };
  const process = place.exec({ argv, cwd: "/", env, stdin: data === undefined ? "closed" : "pipe" }, signal);
  // a command that has ended early says why itself
  if (data !== undefined) feed(process, data).catch(() => undefined);
  const parts: Uint8Array[] = [];
  let size = 0;
  let said = "";
  for await (const chunk of process.output) {
    if (chunk.stream === "stderr") said = `${said}${Buffer.from(chunk.data).toString()}`.slice(-MOST_SAID);
    else if (size <= limit) {
      size += chunk.data.length;
      parts.push(chunk.data);
    }
  }
  const exit = await process.exit;
  signal.throwIfAborted();
  if (exit.type === "exited" && exit.code === 0 && size <= limit) return Buffer.concat(parts);
  throw failureOf(exit, size > limit ? "codex: EFBIG" : said, { words, policy: place.policy });
}

async function feed(
  process: { write(data: Uint8Array): Promise<void>; closeInput(): void },
  data: Uint8Array,
): Promise<void> {
  if (data.length > 0) await process.write(data);
  process.closeInput();
}

type Facts = { readonly words: readonly string[]; readonly policy: ResolvedPolicy | undefined };

function failureOf(exit: ExitStatus, said: string, { words, policy }: Facts): Error {
  const [verb, path = "", other] = words;
  if (exit.type === "failed_to_start") {
    const code = exit.code === "sandbox_unavailable" ? "sandbox_unavailable" : "file_error";
    return new CodexError(code, code === "file_error" ? `${path}: ${exit.message}` : exit.message);
  }
  const errno = errnoOf(said);
  const reason = errno === undefined ? (said.trim().split("\n").at(-1) ?? "") : REASONS[errno];
  const told = `${path}: ${reason === "" || reason === undefined ? "the operation failed" : reason}`;
  const cause = Object.assign(new Error(errno ?? "EIO"), { code: errno, errno, path });
  const error = new CodexError("file_error", errno === undefined ? told : `${told} (${errno})`, { cause });
  if (policy === undefined || errno === undefined) return error;
  const paths = verb === "rename" && other !== undefined ? [path, other] : [path];
  const denial = paths.map((each) => fileDenial(errno, each, policy)).find((found) => found !== undefined);
  return denial === undefined ? error : new FileDenied(denial, error);
}

async function present<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const errno: unknown = typeof cause === "object" && cause !== null ? Reflect.get(cause, "errno") : undefined;
    if (errno === "ENOENT" || errno === "ENOTDIR") return undefined;
    throw error;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EEXIST: "there is something with that name",
  EFBIG: "the file is too large",
  EINVAL: "not a regular file",
  EIO: "not all of it arrived",
  EISDIR: "is a directory",
  ENOENT: "no such file or directory",
  ENOSPC: "no space left",
  ENOTDIR: "a parent is not a directory",
  EPERM: "not permitted",
  EROFS: "read-only file system",
};

/** What programs of the C locale say, at the end of a line. The second of ENOENT is dash's. */
const TEXTS: readonly (readonly [RegExp, string])[] = [
  [/No such file or directory\s*$/m, "ENOENT"],
  [/(?:Directory nonexistent|nonexistent directory)\s*$/m, "ENOENT"],
  [/Permission denied\s*$/m, "EACCES"],
  [/Read-only file system\s*$/m, "EROFS"],
  [/Is a directory\s*$/im, "EISDIR"],
  [/Not a directory\s*$/m, "ENOTDIR"],
  [/File exists\s*$/m, "EEXIST"],
  [/No space left on device\s*$/m, "ENOSPC"],
  [/Operation not permitted\s*$/m, "EPERM"],
];

function errnoOf(said: string): string | undefined {
  const own = /^codex: (E[A-Z]+)$/m.exec(said)?.[1];
  return own ?? TEXTS.find(([text]) => text.test(said))?.[1];
}
