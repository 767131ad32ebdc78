import type { ResolvedPolicy } from "@codex/protocol";

/** What holds the policy beside seccomp: namespaces with mounts (and Landlock where there is), or Landlock alone. */
export type Layers = "namespaces" | "landlock";

/**
 * The policy as the helper's options; the one place where the two meet (`native/options.c`). Landlock alone cannot
 * protect paths inside a root: `enforce` lets that through only with consent; nor hide known secrets: it says so.
 */
export function policyArguments(resolved: ResolvedPolicy, layers: Layers): readonly string[] {
  const words: string[] = [];
  for (const { root, read_only } of resolved.writable) {
    words.push("--write", root);
    if (layers === "namespaces") for (const path of read_only) words.push("--read-only", path);
  }
  for (const path of resolved.denied) words.push("--deny", path);
  if (layers === "namespaces") for (const path of resolved.secrets ?? []) words.push("--deny", path);
  if (resolved.network) words.push("--network");
  if (layers === "landlock") words.push("--without-namespaces");
  return words;
}
