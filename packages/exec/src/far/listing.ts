import { basename } from "node:path";
import { invariant } from "@codex/common";
import type { FileEntry } from "@codex/protocol";

/**
 * `entries PATH...` prints their count, mode (hexadecimal, with the type) and size of each on a line of its own, then
 * the names, each ended by NUL: a name may hold anything else. What has gone in between has mode 0.
 */
export const LISTING = `
if stat -c %f / >/dev/null 2>&1; then
  one() { stat -c '%f %s' -- "$@" 2>/dev/null; }
else
  one() { stat -f '%Xp %z' -- "$@" 2>/dev/null; }
fi
entries() {
  o=$(one "$@") || o=$(for f in "$@"; do one "$f" || echo 0 0; done)
  printf '%s\\n%s\\n' $# "$o"
  printf '%s\\0' "$@"
}
`;

const TYPES: Readonly<Record<number, FileEntry["type"]>> = { 0o10: "file", 0o04: "directory", 0o12: "symlink" };

export function decodeEntries(bytes: Buffer): FileEntry[] {
  const entries: FileEntry[] = [];
  for (let at = 0; at < bytes.length;) {
    const count = take("\n");
    const facts = Array.from({ length: Number(count) }, () => take("\n"));
    for (const fact of facts) {
      const entry = decode(fact, basename(take("\0")));
      if (entry !== undefined) entries.push(entry);
    }
    function take(end: "\n" | "\0"): string {
      const stop = bytes.indexOf(end, at);
      invariant(stop >= 0, "a listing is whole");
      const text = bytes.toString("utf8", at, stop);
      at = stop + 1;
      return text;
    }
  }
  return entries;
}

function decode(fact: string, name: string): FileEntry | undefined {
  const [hex = "0", size = "0"] = fact.split(" ");
  const mode = Number.parseInt(hex, 16);
  if (mode === 0) return undefined;
  return { name, type: TYPES[mode >> 12] ?? "other", size: Number(size), mode: mode & 0o7777 };
}
