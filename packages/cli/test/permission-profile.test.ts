import { describe, expect, it } from "vitest";
import { temporaryHome, workspace } from "@codex/test-support";
import { codex } from "./codex.js";

const CONFIG = `
[permissions.own.filesystem]
":root" = "read"
"/etc/hostname" = "deny"
[permissions.own.filesystem.":workspace_roots"]
"." = "write"
"secret" = "deny"
[permissions.narrow.filesystem]
":minimal" = "read"
`;

describe("codex sandbox -P", () => {
  it("holds what a profile says, by the kernel", async () => {
    await using home = await temporaryHome({ config: CONFIG });
    await using project = await workspace({ git: true, files: { secret: "hidden\n", open: "seen\n" } });
    const script =
      "cat open secret; cat /etc/hostname; echo new > made && cat made; echo x > /tmp/no-$$ && echo leaked; :";
    const ran = await codex(["sandbox", "-P", "own", "--", "sh", "-c", script], {
      cwd: project.path,
      env: { CODEX_HOME: home.path },
    });
    expect([ran.code, ran.stdout]).toEqual([0, "seen\nnew\n"]);
  });

  it("runs nothing under a profile that cannot be held", async () => {
    await using home = await temporaryHome({ config: CONFIG });
    await using project = await workspace({ git: true });
    const ran = await codex(["sandbox", "-P", "narrow", "--", "echo", "ran"], {
      cwd: project.path,
      env: { CODEX_HOME: home.path },
    });
    expect(ran).toMatchObject({ code: 1, stdout: "" });
    expect(ran.stderr).toMatch(/^error: .*config\.toml:\d+:\d+.*add ":root" = "read"\n$/);
  });
});
