import { quote, quoteAll } from "./quote.js";
import type { ExecRequest } from "@codex/protocol";

/** Who looks after the command's tree there: the runner alone, or the helper with these words (`run`, a policy). */
export type Keeper = { readonly type: "plain" } | { readonly type: "helper"; readonly words: readonly string[] };

/** Shells keep these for themselves, or refuse to set them. */
const OF_THE_SHELL = new Set(["UID", "EUID", "PPID", "SHELLOPTS", "BASHOPTS", "BASH_VERSINFO", "GROUPS", "_"]);

/**
 * The line of shell that turns a process into the command (`script.ts`). Its last step is `exec`. Variables are set by
 * the shell, so they are in no argument list; only those whose names a shell cannot set pass through `env`.
 */
export function requestLine(id: string, request: ExecRequest, keeper: Keeper): string {
  const pairs = Object.entries(request.env);
  const ours = pairs.filter(([name]) => isSettable(name));
  const odd = pairs.filter(([name]) => !isSettable(name)).map(([name, value]) => `${name}=${value}`);
  const through = odd.length === 0 ? "" : `/usr/bin/env ${quoteAll(odd)} `;
  const is_terminal = request.pty !== undefined;
  const path = request.env["PATH"];
  const steps = [
    `set -- ${quoteAll(request.argv)}`,
    `rm -f "$d/$id.req"`,
    ...(keeper.type === "plain" ? [`enter ${quote(request.cwd)}`] : []),
    // looked up as the command will see it
    path === undefined ? "unset PATH" : `PATH=${quote(path)}`,
    ...(keeper.type === "plain" ? [`lookup "$1"`] : []),
    ...ours.map(([name, value]) => `export ${name}=${quote(value)}`),
  ];
  if (keeper.type === "plain") {
    return [...steps, `export CODEX_TREE=${id}`, `exec ${through}"$@" 3>&-`].join("; ");
  }
  const [helper = "", mode = "", ...policy] = keeper.words;
  const ties = is_terminal ? "--tty" : "--status-fd 3";
  const words = `${quoteAll([helper, mode])} ${ties} --parent "$PPID" --cwd ${quote(request.cwd)} ${quoteAll(policy)}`;
  return [...steps, `exec ${through}${words} -- "$@"${is_terminal ? " 3>&-" : ""}`].join("; ");
}

function isSettable(name: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name) && !OF_THE_SHELL.has(name);
}
