import { chmodSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { SandboxPolicy } from "@codex/protocol";
import { describe, expect, it } from "vitest";

import { resolvePolicy } from "../src/index.js";
import type { ResolveOptions } from "../src/index.js";
import { createFolder, run, writing } from "./support/sandbox.js";

const NONE: ResolveOptions = { tmpdir: undefined, allow_missing: [] };

/** A canonical folder with folders in it. */
function createTree(...folders: readonly string[]): string {
  const base = realpathSync(createFolder());
  for (const folder of folders) mkdirSync(join(base, folder), { recursive: true });
  return base;
}

async function roots(policy: SandboxPolicy, cwd: string, options = NONE): Promise<readonly string[]> {
  return (await resolvePolicy(policy, cwd, options)).writable.map(({ root }) => root);
}

async function closed(policy: SandboxPolicy, cwd: string): Promise<readonly string[]> {
  return (await resolvePolicy(policy, cwd, NONE)).writable.flatMap(({ read_only }) => read_only);
}

describe("writable roots", () => {
  it("are none under read-only, and the whole tree where nothing is confined", async () => {
    const base = createTree();
    expect(await roots({ type: "read-only" }, base)).toEqual([]);
    expect(await roots({ type: "danger-full-access" }, base)).toEqual(["/"]);
    expect(await roots({ type: "external-sandbox", network_access: "restricted" }, base)).toEqual(["/"]);
  });

  it("are the folder, /tmp and $TMPDIR, unless switched off", async () => {
    const base = createTree("w", "t");
    const all = { ...writing(), exclude_slash_tmp: false, exclude_tmpdir_env_var: false } as const;
    const options = { ...NONE, tmpdir: join(base, "t") };
    expect(await roots(all, join(base, "w"), options)).toEqual(["/tmp", join(base, "w"), join(base, "t")]);
    expect(await roots(writing(), join(base, "w"), options)).toEqual([join(base, "w")]);
    expect(await roots(all, join(base, "w"), { ...NONE, tmpdir: "" })).toEqual(["/tmp", join(base, "w")]);
    expect(await roots(all, join(base, "w"), { ...NONE, tmpdir: "/" })).toEqual(["/tmp", join(base, "w")]);
    expect(await roots(all, "/tmp")).toEqual(["/tmp"]);
  });

  it("are canonical, without repetition, shallow first; missing and closed ones are left out", async () => {
    const base = createTree("w/deep/er", "real");
    symlinkSync("real", join(base, "link"));
    writeFileSync(join(base, "file"), "");
    const names = ["deep/er", "../link", "../real", `${base}/w/`, "gone", "../file", "file/below"];
    expect(await roots(writing({ roots: names }), join(base, "w"))).toEqual([
      join(base, "w"),
      join(base, "real"),
      join(base, "file"),
      join(base, "w/deep/er"),
    ]);
  });

  it("may be the whole tree, and a file has no metadata", async () => {
    const base = createTree("w");
    writeFileSync(join(base, "file"), "");
    expect(await roots(writing({ roots: ["/"] }), join(base, "w"))).toEqual(["/", join(base, "w")]);
    const resolved = await resolvePolicy(writing({ roots: ["../file"] }), join(base, "w"), NONE);
    expect(resolved.writable).toContainEqual({ root: join(base, "file"), read_only: [] });
  });

  it.each(["/proc", "/proc/self", "/sys/fs/cgroup", "/dev"])("cannot be %s", async (root) => {
    await expect(roots(writing({ roots: [root] }), createTree())).rejects.toMatchObject({ code: "config_invalid" });
  });

  it("leave out an implied $TMPDIR in the kernel's trees", async () => {
    const base = createTree();
    const all = { ...writing(), exclude_tmpdir_env_var: false } as const;
    expect(await roots(all, base, { ...NONE, tmpdir: "/proc/self" })).toEqual([base]);
  });

  it("are never reached through a symbolic link that a command could turn", async () => {
    const base = createTree("w", "home");
    symlinkSync("../home", join(base, "w/link"));
    const all = { ...writing(), exclude_tmpdir_env_var: false } as const;
    expect(await roots(all, join(base, "w"), { ...NONE, tmpdir: join(base, "w/link") })).toEqual([join(base, "w")]);
    await expect(roots(writing({ roots: ["link"] }), join(base, "w"))).rejects.toMatchObject({
      code: "config_invalid",
    });
    await expect(roots(writing({ roots: [join(base, "w")] }), join(base, "w/link"))).rejects.toThrow(/w\/link/);
    expect(await roots(writing({ roots: ["../home"] }), join(base, "w"))).toEqual([
      join(base, "w"),
      join(base, "home"),
    ]);
  });

  it("need a folder that exists to start from", async () => {
    await expect(roots(writing(), "/no/such/folder")).rejects.toMatchObject({ code: "config_invalid" });
  });

  it("tell whether the network is open", async () => {
    const base = createTree();
    const network = async (policy: SandboxPolicy): Promise<boolean> =>
      (await resolvePolicy(policy, base, NONE)).network;
    expect(await network({ type: "read-only" })).toBe(false);
    expect(await network({ type: "read-only", network_access: true })).toBe(true);
    expect(await network(writing())).toBe(false);
    expect(await network(writing({ network: true }))).toBe(true);
    expect(await network({ type: "external-sandbox", network_access: "enabled" })).toBe(true);
    expect(await network({ type: "danger-full-access" })).toBe(true);
  });
});

describe("paths that stay read-only in a root", () => {
  it("are the three names, there or not", async () => {
    const base = createTree(".git");
    expect(await closed(writing(), base)).toEqual([".agents", ".codex", ".git"].map((name) => join(base, name)));
  });

  it("belong to the deepest root, and stop at a root that a person named", async () => {
    const base = createTree("w/.git/hooks", "w/sub");
    const resolved = await resolvePolicy(writing({ roots: ["sub", ".git/hooks"] }), join(base, "w"), NONE);
    const [outer, inner, hooks] = resolved.writable;
    expect(outer?.read_only).toEqual([".agents", ".codex", ".git"].map((name) => join(base, "w", name)));
    expect(inner?.read_only).toContain(join(base, "w/sub/.git"));
    expect(hooks?.root).toBe(join(base, "w/.git/hooks"));
    const named = await resolvePolicy(writing({ roots: [".git"] }), join(base, "w"), NONE);
    expect(named.writable[0]?.read_only).not.toContain(join(base, "w/.git"));
  });

  it("keep an implied root inside them closed", async () => {
    const base = createTree("w/.git/t");
    const all = { ...writing(), exclude_tmpdir_env_var: false } as const;
    expect(await roots(all, join(base, "w"), { ...NONE, tmpdir: join(base, "w/.git/t") })).toEqual([join(base, "w")]);
  });

  it("follow a symbolic link, and keep the link", async () => {
    const base = createTree("real/git");
    symlinkSync("real", join(base, "step"));
    symlinkSync("step/git", join(base, ".git"));
    const paths = await closed(writing(), base);
    expect(paths).toEqual(expect.arrayContaining([".git", "step", "real/git"].map((name) => join(base, name))));
  });

  it.each([
    ["relative", "gitdir: store/git\n", "store/git"],
    ["with a space at its end", "gitdir: store/git \n", "store/git "],
    ["with a carriage return", "gitdir: store/git\r\n", "store/git"],
    ["through dots", "gitdir: store/../store/git\n", "store/git"],
    ["to nothing yet", "gitdir: gone/git\n", "gone/git"],
  ])("follow a pointer file: %s", async (_name, text, target) => {
    const base = createTree("store/git");
    writeFileSync(join(base, ".git"), text);
    expect(await closed(writing(), base)).toContain(join(base, target));
  });

  it("follow a worktree's directory to the common one", async () => {
    const base = createTree("main/.git/worktrees/tree", "tree");
    writeFileSync(join(base, "tree/.git"), `gitdir: ${base}/main/.git/worktrees/tree\n`);
    writeFileSync(join(base, "main/.git/worktrees/tree/commondir"), "../..\n");
    const paths = await closed(writing({ roots: [base] }), join(base, "tree"));
    expect(paths).toEqual(expect.arrayContaining([join(base, "main/.git"), join(base, "main/.git/worktrees/tree")]));
  });

  it.each(["", "gitdir:", "gitdir", "something else", "x".repeat(10_000)])(
    "do not trip over a file: %s",
    async (text) => {
      const base = createTree();
      writeFileSync(join(base, ".git"), text);
      expect(await closed(writing(), base)).toEqual([".agents", ".codex", ".git"].map((name) => join(base, name)));
    },
  );

  it("do not wait for a fifo, nor follow a loop for ever", async () => {
    const base = createTree();
    await run(["mkfifo", join(base, ".git")]);
    symlinkSync(".codex", join(base, ".codex"));
    expect(await closed(writing(), base)).toContain(join(base, ".git"));
  });

  it("leave out a root that cannot be entered", async () => {
    if (process.getuid?.() === 0) return; // every folder lets root in
    const base = createTree("w", "shut");
    chmodSync(join(base, "shut"), 0o000);
    expect(await roots(writing({ roots: ["../shut"] }), join(base, "w"))).toEqual([join(base, "w")]);
  });
});
