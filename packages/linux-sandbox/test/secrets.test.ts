import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import type { ResolvedPolicy, SandboxPolicy } from "@codex/protocol";
import { expect, it } from "vitest";

import { KNOWN_SECRETS, confine, enforce, findHelper, resolvePolicy } from "../src/index.js";
import type { HideOptions } from "../src/index.js";
import { NEVER, command, createPlace, describeForUsers, run, runScript, writing } from "./support/sandbox.js";
import type { Place } from "./support/sandbox.js";

const self = { name: "", uid: undefined };

/** Files below a folder, each with its own path as its text. */
function createFiles(folder: string, ...names: readonly string[]): string {
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), `text of ${name}\n`, { mode: 0o644 });
  }
  return realpathSync(folder);
}

function resolveFor(place: Place, options: HideOptions, policy: SandboxPolicy = writing()): Promise<ResolvedPolicy> {
  return resolvePolicy(policy, place.root, { tmpdir: undefined, allow_missing: [], ...options });
}

describeForUsers("what is hidden", (user) => {
  it("are the known secrets that exist, and the login of codex; the rest of the home directory is not", async () => {
    const place = createPlace(user);
    const home = createFiles(place.outside, ".ssh/id", ".aws/credentials", ".npmrc", ".gitconfig", ".codex/auth.json");
    const resolved = await resolveFor(place, { home, codex_home: join(home, ".codex") });
    expect(resolved.denied).toEqual([]);
    expect(resolved.secrets).toEqual([".ssh", ".aws", ".npmrc", ".codex/auth.json"].map((name) => join(home, name)));
    const confinement = await enforce(resolved, findHelper(), NEVER);
    expect(confinement.guarantees).toContain("unreadable: 4 paths");
    const script = `cd ${home}; cat .ssh/id .aws/credentials .npmrc .codex/auth.json; ls .ssh; cat .gitconfig`;
    const { stdout, stderr } = await run(confine(confinement, command(place.root, "bash", "-c", script)), { user });
    expect(stdout).toBe("text of .gitconfig\n");
    expect(stderr.match(/Permission denied/g)).toHaveLength(5);
  });

  it("cannot be moved, removed or replaced where the home directory itself is a root", async () => {
    const place = createPlace(user);
    const home = createFiles(place.root, ".ssh/id", ".npmrc", "dot/netrc");
    symlinkSync("dot/netrc", join(home, ".netrc"));
    const confinement = await enforce(await resolveFor(place, { home }), findHelper(), NEVER);
    const attempts = ["mv .ssh other", "rm -rf .ssh", "mv .npmrc x", "rm -f .npmrc", "ln -sfn . .netrc", "mv dot d"];
    for (const attempt of [...attempts, "rm .netrc", "cat .netrc", "cat dot/netrc"]) {
      const outcome = await run(confine(confinement, command(home, "bash", "-c", attempt)), { user });
      expect({ attempt, ...outcome }).toMatchObject({ attempt, code: 1, stdout: "", status: "" });
    }
  });

  it("are the named paths and globs, held in a root and outside", async () => {
    const place = createPlace(user);
    createFiles(place.root, ".env", "a/b/.env", "a/.envrc", "keys/one.pem", "keys/two.key", "keys/readme");
    const deny = ["**/.env", "keys/*.{pem,key}", join(place.outside, "file")];
    const confinement = await enforce(await resolveFor(place, { deny }), findHelper(), NEVER);
    const script = `cat .env a/b/.env keys/one.pem keys/two.key ${place.outside}/file; cat a/.envrc keys/readme`;
    const { stdout } = await run(confine(confinement, command(place.root, "bash", "-c", script)), { user });
    expect(stdout).toBe("text of a/.envrc\ntext of keys/readme\n");
  });

  it("do not keep ordinary programs from working", async () => {
    const place = createPlace(user);
    const home = createFiles(place.outside, ...KNOWN_SECRETS);
    writeFileSync(join(home, ".gitconfig"), "[user]\n  name = from home\n[safe]\n  directory = *\n");
    writeFileSync(join(place.root, "package.json"), '{"name":"x","version":"1.2.3","scripts":{"hi":"echo ran"}}');
    const confinement = await enforce(await resolveFor(place, { home }), findHelper(), NEVER);
    const cache = join(place.root, ".cache");
    const scripts = [
      ["git config user.name && git init -q r 2>/dev/null; git status -s 2>/dev/null; true", "from home\n"],
      ["npm --offline run -s hi && npm --offline pkg get version", 'ran\n"1.2.3"\n'],
      ["node -p 1+1 && python3 -c 'import netrc, urllib.request; print(2)'", "2\n2\n"],
    ] as const;
    for (const [script, stdout] of scripts) {
      const env = { HOME: home, npm_config_cache: cache, npm_config_update_notifier: "false" };
      const argv = confine(confinement, command(place.root, "bash", "-c", script));
      expect(await run(argv, { user, env })).toMatchObject({ code: 0, stdout });
    }
  });
});

it("is nothing without a home, where it is switched off, and where nothing is confined", async () => {
  const place = createPlace(self);
  const home = createFiles(place.outside, ".ssh/id");
  expect((await resolveFor(place, {})).secrets).toEqual([]);
  expect((await resolveFor(place, { home, known_secrets: "show" })).secrets).toEqual([]);
  const danger = await resolveFor(place, { home, deny: ["/etc"] }, { type: "danger-full-access" });
  expect(danger).toMatchObject({ denied: [] });
  expect(danger.secrets).toBeUndefined();
});

it("leaves a known secret open that a person works in, or named as a root; a named path stays closed", async () => {
  const place = createPlace(self);
  const home = createFiles(place.outside, ".ssh/id", ".aws/credentials");
  const policy = writing({ roots: [join(home, ".ssh"), join(home, ".aws/deep")] });
  mkdirSync(join(home, ".aws/deep"));
  expect((await resolveFor(place, { home }, policy)).secrets).toEqual([]);
  expect((await resolveFor({ ...place, root: join(home, ".ssh") }, { home }, { type: "read-only" })).secrets).toEqual([
    join(home, ".aws"),
  ]);
  const named = await resolveFor(place, { home, deny: ["~/.ssh"] }, policy);
  expect(named.denied).toEqual([join(home, ".ssh")]);
  const { stdout } = await runScript(place, `cat ${home}/.ssh/id`, { roots: [], denied: named.denied });
  expect(stdout).toBe("");
});

it.each([
  ["a/?.env", ["a/1.env"]],
  ["a/[0-9].env", ["a/1.env"]],
  ["a/[!0-9]*.env", ["a/xy.env"]],
  ["**/*.env", ["[id]/z.env", "a/1.env", "a/b/.env", "a/xy.env"]],
  ["a/**", ["a/1.env", "a/b", "a/b/.env", "a/xy.env"]],
  ["{a,[[]id]}/{1,z}.env", ["[id]/z.env", "a/1.env"]],
  ["[id]/z.env", ["[id]/z.env"]],
  ["a/(1).env", []],
  ["none/*", []],
])("expands %s", async (pattern, expected) => {
  const place = createPlace(self);
  createFiles(place.root, "a/1.env", "a/xy.env", "a/b/.env", "[id]/z.env", "file");
  const { denied } = await resolveFor(place, { deny: [pattern] });
  const literal = pattern.includes("(") ? [join(place.root, pattern)] : expected.map((name) => join(place.root, name));
  expect([...denied].sort()).toEqual(literal);
});

it.each(["/", "/**/.env", "*/../x", "~/x", "/e*"])("refuses the unreadable path %s", async (entry) => {
  await expect(resolveFor(createPlace(self), { deny: [entry] })).rejects.toMatchObject({ code: "config_invalid" });
});
