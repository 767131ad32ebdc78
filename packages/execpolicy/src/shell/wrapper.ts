import type { ShellName } from "./lex.js";

/** A call of a shell with a script and nothing else. */
export type ShellWrapper = { readonly shell: ShellName; readonly login: boolean; readonly script: string };

const SHELLS: Readonly<Record<string, ShellName>> = { bash: "bash", sh: "sh", dash: "sh", zsh: "zsh" };

/** Folders that only the system's owner writes to: a program there is the one its name says. */
const SYSTEM_FOLDERS: readonly string[] = ["/bin", "/usr/bin", "/sbin", "/usr/sbin"];

/**
 * The bare name of a program that is certainly the system's: named without a path, or in a system folder
 * (stricter than exec.md §3.1, where `/tmp/evil/cat` counts as `cat`).
 */
export function systemProgram(program: string): string | undefined {
  const slash = program.lastIndexOf("/");
  if (slash < 0) return program;
  return SYSTEM_FOLDERS.includes(program.slice(0, slash)) ? program.slice(slash + 1) : undefined;
}

/** Last part of a path, whatever the folder. */
export function baseName(program: string): string {
  return program.slice(program.lastIndexOf("/") + 1);
}

/** Reads `bash -lc SCRIPT` and its equals; an argument more or another option and it is no wrapper. */
export function readWrapper(argv: readonly string[]): ShellWrapper | undefined {
  const name = systemProgram(argv[0] ?? "");
  const shell = name !== undefined && Object.hasOwn(SHELLS, name) ? SHELLS[name] : undefined;
  const script = argv.at(-1);
  if (shell === undefined || script === undefined) return undefined;
  const [flag, second, ...others] = argv.slice(1, -1);
  if (flag === "-c" && second === undefined) return { shell, login: false, script };
  const isLogin = second === undefined ? flag === "-lc" || flag === "-cl" : flag === "-l" && second === "-c";
  return isLogin && others.length === 0 ? { shell, login: true, script } : undefined;
}
