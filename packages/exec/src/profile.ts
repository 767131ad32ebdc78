import { capture } from "./output.js";
import { decodeText } from "./text.js";
import type { Environment, ExecRequest } from "@codex/protocol";
import type { Shell, ShellKind } from "./shell.js";

/** What the user's profile does to the variables of a login shell; `undefined`: it removes that one. */
export type LoginVars = ReadonlyMap<string, string | undefined>;

export type ProfileOptions = {
  readonly where: Environment;
  /** Absolute. */
  readonly cwd: string;
  /** The variables that commands get. */
  readonly env: Readonly<Record<string, string>>;
};

/** Milliseconds that a profile may take; a slower one is run for each command as before. */
const PATIENCE = 10_000;
/**
 * Everything but exported variables that a profile can leave behind in a shell, of variables of the shell alone the
 * names; then the exported ones.
 */
const STATE: Readonly<Record<ShellKind, string | undefined>> = {
  bash:
    "declare -f; alias -p; trap -p; shopt -p; set +o; " +
    "while read -r _ flags name; do case $flags in *x*) continue;; -*) ;; *) continue;; esac; " +
    'case $name in BASH*|PIPESTATUS*) ;; *) echo "${name%%=*}";; esac; done < <(declare -p)',
  zsh:
    "functions; alias -L; trap; setopt; " +
    "for name in ${(ok)parameters}; do case $parameters[$name] in *export*) ;; *) echo $name;; esac; done",
  // it cannot list its functions
  sh: undefined,
};
const probeOf = (state: string): string => `printf '\\0'; ${state}; umask; ulimit -a; pwd; printf '\\0'; exec env -0`;
/** Set by the shell itself. */
const OF_THE_SHELL = ["_", "SHLVL", "PWD", "OLDPWD"];

type Effect = { readonly noise: string; readonly state: string; readonly vars: ReadonlyMap<string, string> };

/**
 * Runs the profile once for a whole session, so that a command need not start a login shell (exec.md §5.5).
 * `undefined` unless variables are all it leaves behind: one that prints, defines functions, changes options or the
 * directory, or gives other values the second time has to be run each time. Only bash and zsh can be asked.
 */
export async function readLoginVars(
  shell: Shell,
  options: ProfileOptions,
  signal: AbortSignal,
): Promise<LoginVars | undefined> {
  const state = STATE[shell.kind];
  if (state === undefined) return undefined;
  const probe = probeOf(state);
  const [plain, login, again] = [
    await effectOf([shell.path, "-c", probe], options, signal),
    await effectOf([shell.path, "-lc", probe], options, signal),
    await effectOf([shell.path, "-lc", probe], options, signal),
  ];
  if (plain === undefined || login === undefined || again === undefined) return undefined;
  if (login.noise !== "" || login.state !== plain.state) return undefined;
  if (changes(login.vars, again.vars).size > 0) return undefined;
  return changes(plain.vars, login.vars);
}

/** The same command without a login shell; anything else as it is. */
export function skipProfile(request: ExecRequest, shell: Shell, vars: LoginVars): ExecRequest {
  const [program, flag, ...rest] = request.argv;
  if (program !== shell.path || flag !== "-lc") return request;
  const env = { ...request.env };
  for (const [name, value] of vars) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  return { ...request, argv: [program, "-c", ...rest], env };
}

/**
 * Commands without their login shell, as soon as the profile has been read: that begins, in `place`, with the first
 * command that has one. Until then, and where it cannot be read, commands stay as they are.
 */
export function createProfileShortcut(
  shell: Shell,
  place: () => Promise<Environment>,
  signal: AbortSignal,
): (request: ExecRequest) => ExecRequest {
  let vars: LoginVars | undefined;
  let begun = false;
  const read = async ({ cwd, env }: ExecRequest): Promise<void> => {
    vars = await readLoginVars(shell, { where: await place(), cwd, env }, signal);
  };
  return (request) => {
    if (vars !== undefined) return skipProfile(request, shell, vars);
    if (!begun && request.argv[0] === shell.path && request.argv[1] === "-lc") {
      begun = true;
      // a place that cannot be had is told by the command itself
      read(request).catch(() => undefined);
    }
    return request;
  };
}

async function effectOf(
  argv: readonly string[],
  { where, cwd, env }: ProfileOptions,
  signal: AbortSignal,
): Promise<Effect | undefined> {
  const process = where.exec({ argv, cwd, env, stdin: "closed", timeout_ms: PATIENCE }, signal);
  const captured = await capture(process.output, { signal });
  const exit = await process.exit;
  if (exit.type !== "exited" || exit.code !== 0 || captured.omitted_bytes > 0) return undefined;
  const [noise = "", state = "", ...pairs] = decodeText(Buffer.concat([captured.head, captured.tail])).split("\0");
  const vars = pairs.filter((pair) => pair.includes("=")).map(variable);
  return { noise, state: state.replace(/^(?:shopt -. login_shell|login)\n/m, ""), vars: new Map(vars) };
}

function variable(pair: string): readonly [name: string, value: string] {
  const at = pair.indexOf("=");
  return [pair.slice(0, at), pair.slice(at + 1)];
}

/** What has to be done to the first to get the second. */
function changes(from: ReadonlyMap<string, string>, to: ReadonlyMap<string, string>): LoginVars {
  const names = new Set([...from.keys(), ...to.keys()]);
  for (const name of OF_THE_SHELL) names.delete(name);
  return new Map([...names].filter((name) => from.get(name) !== to.get(name)).map((name) => [name, to.get(name)]));
}
