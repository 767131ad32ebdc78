import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { createDirectEnvironment, createProfileShortcut, readProfile, skipProfile } from "../src/index.js";
import { VARS, builtHelper, emptyFolder, run, workspaceWrite } from "./support.js";
import type { Shell } from "../src/index.js";

const BASH: Shell = { kind: "bash", path: "/bin/bash" };
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
  return { home, where, env, asked, read: () => readProfile(BASH, { where, cwd: home, env }, fresh()) };
}

describe("the profile of a session", () => {
  it("makes variables what it makes them, and commands need nothing else where that is all", async () => {
    const { where, asked, read } = user('export ADDED=$(printf "a\\n b") PATH="$HOME/bin:$PATH"; unset GONE\n');
    const profile = await read();
    if (profile === undefined) throw new Error("cannot be read");
    const { vars } = profile;
    expect([vars.get("ADDED"), vars.has("GONE"), vars.get("GONE"), vars.has("KEPT")]).toEqual([
      "a\n b",
      true,
      undefined,
      false,
    ]);
    const script = 'env | sort | grep -v "^_="; echo "$0 $1 $# $PWD"; declare -F; set +o';
    const plain = skipProfile(asked(script), BASH, profile);
    expect(plain.argv).toEqual(["/bin/bash", "-c", script, "zero", "one"]);
    expect((await run(where, plain)).text).toBe((await run(where, asked(script))).text);
  });

  it("may be long, and is in no argument, no file and no variable of a command's children", async () => {
    const secret = "s3cret-of-the-profile";
    const long = Array.from({ length: 900 }, (_, index) => `f${index}() { echo "${"é".repeat(60)} ${index}"; }\n`).join(
      "",
    );
    const { home, where, asked, read } = user(`${long}TOKEN=${secret}\n`);
    const before = readdirSync(home);
    const profile = await read();
    if (profile === undefined) throw new Error("cannot be read");
    const script = "f899; echo $TOKEN; env; tr '\\0' '\\n' </proc/$$/cmdline";
    const plain = skipProfile(asked(script), BASH, profile);
    expect(Object.keys(plain.env).filter((name) => name.startsWith("CODEX_PROFILE_")).length).toBeGreaterThan(2);
    const { text } = await run(where, plain);
    expect(text.slice(0, 200)).toContain(`${"é".repeat(60)} 899\n${secret}\n`);
    expect(text.split(secret)).toHaveLength(2);
    expect(text).not.toMatch(/^CODEX_PROFILE/m);
    expect(readdirSync(home)).toEqual(before);
  });

  it("is too long to be passed on with each command at a quarter of a million characters", async () => {
    const { read } = user(`MUCH=$(printf '%0300000d' 1)\n`);
    expect(await read()).toBeUndefined();
  });

  it("cannot be altered by a command for those that follow", async () => {
    const { where, asked, read } = user("shopt -s expand_aliases; f() { echo mine; }; alias g='echo mine'\n");
    const profile = await read();
    if (profile === undefined) throw new Error("cannot be read");
    await run(
      where,
      skipProfile(
        asked("f() { echo other; }; alias g='echo other'; echo 'f() { :; }' >>~/.bash_profile"),
        BASH,
        profile,
      ),
    );
    expect((await run(where, skipProfile(asked("f; g"), BASH, profile))).text).toBe("mine\nmine\n");
  });

  it("is read inside the sandbox: it gets no more rights than before", async () => {
    const outside = join(emptyFolder(), "made");
    const { where, home, env } = user(`touch ${outside} 2>/dev/null; export READ=1\n`);
    const inside = await where.confine(await where.resolve(workspaceWrite(), home));
    expect((await readProfile(BASH, { where: inside, cwd: home, env }, fresh()))?.vars.get("READ")).toBe("1");
    expect(existsSync(outside)).toBe(false);
  });

  it("is skipped as soon as it is known", async () => {
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

  it("is not asked of other shells, and changes no other command", async () => {
    const { where, home, env, asked } = user("export A=1\n");
    const sh = { kind: "sh", path: "/bin/sh" } as const;
    expect(await readProfile(sh, { where, cwd: home, env }, fresh())).toBeUndefined();
    const script = { text: "", changes_syntax: false };
    const profile = { kind: "bash", vars: new Map([["A", "1"]]), script } as const;
    for (const argv of [["/bin/bash", "-c", "x"], ["/usr/bin/bash", "-lc", "x"], ["ls"]]) {
      const other = { ...asked(""), argv };
      expect(skipProfile(other, BASH, profile)).toBe(other);
    }
  });
});
