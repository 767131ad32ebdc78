import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findShell, selectShell, shellArgv } from "../src/index.js";
import { emptyFolder } from "./support.js";

function program(name: string): string {
  const path = join(emptyFolder(), name);
  writeFileSync(path, "#!/bin/sh\n");
  chmodSync(path, 0o755);
  return path;
}

describe("the user's shell", () => {
  it("is the one of the account", () => {
    const zsh = program("zsh");
    expect(selectShell({ account_shell: zsh, env_shell: "/bin/bash" })).toEqual({ kind: "zsh", path: zsh });
  });

  it("is $SHELL when the account's cannot be used", () => {
    expect(selectShell({ account_shell: "/usr/bin/fish", env_shell: "/bin/sh" })).toEqual({
      kind: "sh",
      path: "/bin/sh",
    });
    expect(selectShell({ account_shell: "/no/such/bash", env_shell: "/bin/sh" })).toEqual({
      kind: "sh",
      path: "/bin/sh",
    });
  });

  it("is bash from PATH or its usual place when neither can be used", () => {
    const bash = program("bash");
    expect(selectShell({ account_shell: "/sbin/nologin", path: `relative:${join(bash, "..")}` })).toEqual({
      kind: "bash",
      path: bash,
    });
    expect(selectShell({ account_shell: "/sbin/nologin" })).toEqual({ kind: "bash", path: "/bin/bash" });
  });
});

describe("a shell that a model names", () => {
  const options = { account_shell: "/bin/bash" };

  it("is found by path or by name", () => {
    const zsh = program("zsh");
    expect(findShell(zsh, options)).toEqual({ kind: "zsh", path: zsh });
    expect(findShell("zsh", { ...options, path: join(zsh, "..") })).toEqual({ kind: "zsh", path: zsh });
    expect(findShell("sh", { ...options, path: "" })).toEqual({ kind: "sh", path: "/bin/sh" });
  });

  it("is the user's when it cannot be had", () => {
    for (const name of ["fish", "./bash-evil", ""]) {
      expect(findShell(name, options)).toEqual({ kind: "bash", path: "/bin/bash" });
    }
  });

  it("is another of its kind when there is none at its path", () => {
    expect(findShell("/no/such/sh", options)).toEqual({ kind: "sh", path: "/bin/sh" });
  });
});

describe("the argv of a script", () => {
  it("reads the profile only for a login", () => {
    const shell = { kind: "bash", path: "/bin/bash" } as const;
    expect(shellArgv(shell, "echo 'a b'", { login: true })).toEqual(["/bin/bash", "-lc", "echo 'a b'"]);
    expect(shellArgv(shell, "true", { login: false })).toEqual(["/bin/bash", "-c", "true"]);
  });
});
