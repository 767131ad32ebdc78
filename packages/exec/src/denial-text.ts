/** What a command's own words say about why it failed. */
export type Complaint =
  | { readonly type: "file"; readonly read_only: "yes" | "unknown"; readonly target: string | undefined }
  | { readonly type: "network"; readonly target: string | undefined }
  | { readonly type: "syscall" };

const FILE_WORDS = /read-only file ?system|permission denied|operation not permitted|\b(?:EROFS|EACCES|EPERM)\b/i;
const READ_ONLY = /read-only file ?system|\bEROFS\b/i;
/** Upstream's list (exec.md §3.8) without the bare word "sandbox", which ordinary programs print too. */
const SANDBOX_WORDS = /\bseccomp\b|\blandlock\b|failed to write file/i;
const NETWORK_WORDS = new RegExp(
  [
    "network is unreachable",
    "could not resolve host",
    "(?:unable|failed) to (?:resolve|look ?up)",
    "temporary failure in name resolution",
    "name or service not known",
    "no address associated with hostname",
    "\\b(?:ENETUNREACH|EAI_AGAIN|ENOTFOUND)\\b",
    "failed to establish a new connection",
    "dial (?:tcp|udp)",
  ].join("|"),
  "i",
);
const HOST_FORMS = [
  /resolve host(?:name| address)?:? ["'‘]?([\w.-]+)/i,
  /host='([\w.-]+)'/,
  /\b(?:ENETUNREACH|EAI_AGAIN|ENOTFOUND) ([\w.:[\]-]+)/,
  /connect to ([\w.-]+)/i,
  /lookup ([\w.-]+)/i,
  /dial (?:tcp|udp) ([\w.:[\]-]+)/i,
];
/** Longer lines are data, not messages. */
const LONGEST_LINE = 4096;

/** Every complaint in the text, in its order. */
export function* complaints(text: string): Generator<Complaint, void, undefined> {
  for (const line of text.split(/\r?\n/)) {
    if (line.length > LONGEST_LINE) continue;
    if (NETWORK_WORDS.test(line)) yield { type: "network", target: hostIn(line) };
    else if (FILE_WORDS.test(line)) {
      yield { type: "file", read_only: READ_ONLY.test(line) ? "yes" : "unknown", target: pathIn(line) };
    } else if (SANDBOX_WORDS.test(line)) yield { type: "syscall" };
  }
}

function hostIn(line: string): string | undefined {
  for (const form of HOST_FORMS) {
    const host = form.exec(line)?.[1];
    if (host !== undefined) return host.replace(/[.:]+$/, "");
  }
  return undefined;
}

/**
 * The path a message speaks of: the last quoted one (`cannot move 'a' to 'b': …`, Python, Node), else what stands
 * before the reason (`bash: line 1: /x: …`, `open /x: …`, `/x (…)`), else what stands behind it (zsh).
 */
function pathIn(line: string): string | undefined {
  const quoted = [...line.matchAll(/["'`‘“]([^"'`’”]+)["'`’”]/g)]
    .map((match) => match[1] ?? "")
    .filter((candidate) => !FILE_WORDS.test(candidate) && !/^[,;:\s]|\s->\s|:$/.test(candidate));
  if (quoted.length > 0) return quoted.at(-1);
  const at = FILE_WORDS.exec(line)?.index ?? 0;
  const before = /^(.*?)(?:: | \()$/.exec(line.slice(0, at))?.[1];
  const behind = /^[^:]*: (\/.+)$/.exec(line.slice(at))?.[1];
  return behind ?? (before === undefined ? undefined : lastPath(before));
}

function lastPath(text: string): string | undefined {
  const part = text.slice(text.lastIndexOf(": ") + 1).trim();
  const absolute = /(?:^|\s)(\/.*)$/.exec(part)?.[1];
  if (absolute !== undefined) return absolute;
  const word = /(\S+)$/.exec(part)?.[1];
  return word !== undefined && /^[\w.~@%+-][^:()[\]]*$/.test(word) && /[./]/.test(word) ? word : undefined;
}
