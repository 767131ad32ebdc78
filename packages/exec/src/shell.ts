import { accessSync, constants, statSync } from "node:fs";
import { userInfo } from "node:os";
import { basename, delimiter, isAbsolute, join } from "node:path";

export type ShellKind = "bash" | "zsh" | "sh";
export type Shell = { readonly kind: ShellKind; readonly path: string };

export type ShellOptions = {
  /** The shell of the user's account; absent: looked up. */
  readonly account_shell?: string | undefined;
  /** Value of `$SHELL`; only asked when the account names no shell that we know. */
  readonly env_shell?: string | undefined;
  /** Value of `$PATH`. */
  readonly path?: string | undefined;
};

const FIXED: Readonly<Record<ShellKind, readonly string[]>> = {
  zsh: ["/bin/zsh", "/usr/bin/zsh"],
  bash: ["/bin/bash", "/usr/bin/bash"],
  sh: ["/bin/sh"],
};

/** The user's shell, else bash or zsh, whichever there is, else `/bin/sh` (exec.md §5.4). */
export function selectShell(options: ShellOptions = {}): Shell {
  for (const path of [options.account_shell ?? accountShell(), options.env_shell]) {
    const kind = path === undefined ? undefined : kindOf(path);
    if (path !== undefined && kind !== undefined && isExecutable(path)) return { kind, path };
  }
  const order: readonly ShellKind[] = process.platform === "darwin" ? ["zsh", "bash"] : ["bash", "zsh"];
  for (const kind of order) {
    const path = locate(kind, options);
    if (path !== undefined) return { kind, path };
  }
  return { kind: "sh", path: "/bin/sh" };
}

/** The shell that a model asked for by name or path; one that cannot be had is the user's own (exec.md §5.4). */
export function findShell(name: string, options: ShellOptions = {}): Shell {
  const kind = kindOf(name);
  if (kind === undefined) return selectShell(options);
  if (isAbsolute(name) && isExecutable(name)) return { kind, path: name };
  const path = locate(kind, options);
  return path === undefined ? selectShell(options) : { kind, path };
}

/** Argv that runs `script`; `login` reads the user's profile first. */
export function shellArgv(shell: Shell, script: string, options: { readonly login: boolean }): string[] {
  return [shell.path, options.login ? "-lc" : "-c", script];
}

function locate(kind: ShellKind, options: ShellOptions): string | undefined {
  const account = options.account_shell ?? accountShell();
  const folders = (options.path ?? "").split(delimiter).filter(isAbsolute);
  const candidates = [
    ...(account !== undefined && kindOf(account) === kind ? [account] : []),
    ...folders.map((folder) => join(folder, kind)),
    ...FIXED[kind],
  ];
  return candidates.find(isExecutable);
}

function kindOf(path: string): ShellKind | undefined {
  const stem = basename(path).replace(/\.exe$/i, "");
  return stem === "bash" || stem === "zsh" || stem === "sh" ? stem : undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}

/** From the password database; `undefined` for an account that is not in it. */
function accountShell(): string | undefined {
  try {
    return userInfo().shell ?? undefined;
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}
