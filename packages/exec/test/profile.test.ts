import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { createDirectEnvironment, createProfileShortcut, readLoginVars, skipProfile } from "../src/index.js";
import { VARS, builtHelper, emptyFolder, run, workspaceWrite } from "./support.js";
import type { Shell } from "../src/index.js";

const BASH: Shell = { kind: "bash", path: "/bin/bash" };
const ZSH = ["/bin/zsh", "/usr/bin/zsh"].filter((path) => existsSync(path)).slice(0, 1);
if (ZSH.length === 0) process.stderr.write("SKIPPED: the profile of zsh: there is no zsh here\n");
const fresh = (): AbortSignal => new AbortController().signal;

let helper = "";
beforeAll(() => {
  helper = builtHelper();
});

/** A user with that profile, and what a login shell of theirs makes of a script, both ways. */
function user(profile: string) {
  const home = emptyFolder();
  writeFileSync(join(home, ".bash_profile"), profile);
  const where = createDirectEnvironment({ id: "x", helper, allow_missing: [] });
  const env = { ...VARS, HOME: home, KEPT: "1", GONE: "1" };
  const asked = (script: string) =>
    ({ argv: ["/bin/bash", "-lc", script, "zero", "one"], cwd: home, env, stdin: "closed" }) as const;
  return { home, where, env, asked, read: () => readLoginVars(BASH, { where, cwd: home, env }, fresh()) };
}

describe("the variables of a login shell", () => {
  it("are what the profile makes of them, and commands see no difference", async () => {
    const { where, asked, read } = user('export ADDED=$(printf "a\\n b") PATH="$HOME/bin:$PATH"; unset GONE\n');
    const vars = await read();
    if (vars === undefined) throw new Error("cannot be read");
    expect([vars.get("ADDED"), vars.has("GONE"), vars.get("GONE"), vars.has("KEPT")]).toEqual([
      "a\n b",
      true,
      undefined,
      false,
    ]);
    const script = 'env | sort | grep -v "^_="; echo "$0 $1 $# $PWD"; declare -F; set +o';
    const plain = skipProfile(asked(script), BASH, vars);
    expect(plain.argv).toEqual(["/bin/bash", "-c", script, "zero", "one"]);
    expect((await run(where, plain)).text).toBe((await run(where, asked(script))).text);
  });

  it.each([
    ["prints something", "echo welcome\n"],
    ["complains", "no-such-program-at-all\n"],
    ["defines a function", "hello() { echo hello; }\n"],
    ["changes an option", "shopt -s expand_aliases\n"],
    ["keeps a variable to the shell", "MINE=1\n"],
    ["sets a trap", "trap 'echo bye' EXIT\n"],
    ["goes elsewhere", "cd /\n"],
    ["changes the mask", "umask 077\n"],
    ["changes a limit", "ulimit -c 0; ulimit -n 123\n"],
    ["has another value each time", "export STAMP=$(date +%s%N)\n"],
    ["ends the shell", "exit 0\n"],
  ])("cannot stand for a profile that %s", async (_what, profile) => {
    expect(await user(profile).read()).toBeUndefined();
  });

  it.each(ZSH)("are those of zsh where that is the user's shell: %s", async (path) => {
    const zsh: Shell = { kind: "zsh", path };
    const read = async (profile: string) => {
      const { where, home, env } = user("");
      writeFileSync(join(home, ".zprofile"), profile);
      const vars = await readLoginVars(zsh, { where, cwd: home, env }, fresh());
      const asked = { argv: [zsh.path, "-lc", "env | sort | grep -v ^_="], cwd: home, env, stdin: "closed" } as const;
      return { vars, asked, where };
    };
    const { vars, asked, where } = await read('export ADDED="a b"; path=(~/bin $path); unset GONE\n');
    if (vars === undefined) throw new Error("cannot be read");
    expect([vars.get("ADDED"), vars.has("GONE"), vars.has("KEPT")]).toEqual(["a b", true, false]);
    const plain = skipProfile(asked, zsh, vars);
    expect(plain.argv[1]).toBe("-c");
    expect((await run(where, plain)).text).toBe((await run(where, asked)).text);
    for (const profile of ["hello() { echo; }\n", "alias -g G=grep\n", "setopt nullglob\n", "MINE=1\n", "echo hi\n"]) {
      expect([profile, (await read(profile)).vars]).toEqual([profile, undefined]);
    }
  });

  it("are read inside the sandbox: the profile gets no more rights than before", async () => {
    const outside = join(emptyFolder(), "made");
    const { where, home, env } = user(`touch ${outside} 2>/dev/null; export READ=1\n`);
    const inside = await where.confine(await where.resolve(workspaceWrite(), home));
    expect((await readLoginVars(BASH, { where: inside, cwd: home, env }, fresh()))?.get("READ")).toBe("1");
    expect(existsSync(outside)).toBe(false);
  });

  it("take the place of the profile as soon as they are known", async () => {
    const { where, asked } = user('[ "$(id -u)" -ge 0 ] && [[ a =~ a ]] && export A=1\n');
    let places = 0;
    const place = () => {
      places += 1;
      return Promise.resolve(where);
    };
    const ready = createProfileShortcut(BASH, place, fresh());
    const request = asked("echo $A");
    const plain = { ...request, argv: ["ls"] };
    expect([ready(plain), ready(request), places]).toEqual([plain, request, 1]);
    while (ready(request).argv[1] === "-lc") await run(where, asked("true"));
    expect((await run(where, ready(request))).text).toBe("1\n");
    expect(places).toBe(1);
  });

  it("are not asked of other shells, and change no other command", async () => {
    const { where, home, env, asked } = user("export A=1\n");
    const sh = { kind: "sh", path: "/bin/sh" } as const;
    expect(await readLoginVars(sh, { where, cwd: home, env }, fresh())).toBeUndefined();
    const vars = new Map([["A", "1"]]);
    for (const argv of [["/bin/bash", "-c", "x"], ["/usr/bin/bash", "-lc", "x"], ["ls"]]) {
      const other = { ...asked(""), argv };
      expect(skipProfile(other, BASH, vars)).toBe(other);
    }
  });
});
