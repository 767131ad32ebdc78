import { describe, expect, it } from "vitest";
import { createScene } from "./support.js";

const OWN = `default_permissions = "own"\n[permissions.own]\n`;
const WORK = '":root" = "read"\n":workspace_roots" = "write"\n';

describe("permission profiles", () => {
  it("become the policy and what is denied", async () => {
    using scene = createScene();
    scene.user(
      `${OWN}extends = ":workspace"\nnetwork.enabled = true\n[permissions.own.filesystem]\n"/data" = "write"\n"/keys" = "deny"\n` +
        `":slash_tmp" = "write"\n[permissions.own.filesystem.":workspace_roots"]\n"." = "write"\n"**/*.env" = "none"\n".git" = "read"\n`,
    );
    const { settings, sandbox } = await scene.load();
    expect(settings.sandbox_policy).toEqual({
      type: "workspace-write",
      writable_roots: ["/data"],
      network_access: true,
      exclude_tmpdir_env_var: false,
      exclude_slash_tmp: false,
    });
    expect(new Set(sandbox.deny)).toEqual(new Set(["/keys", "**/*.env"]));
  });

  it.each([
    [":read-only", "read-only"],
    [":workspace", "workspace-write"],
    [":danger-full-access", "danger-full-access"],
  ])("built in: %s", async (name, mode) => {
    using scene = createScene();
    scene.user(`default_permissions = "${name}"\n`);
    expect((await scene.load()).settings.sandbox_policy.type).toBe(mode);
    expect((await scene.load({ typed: { sandbox_mode: "read-only" } })).settings.sandbox_policy.type).toBe("read-only");
  });

  it("add to what is denied already, and a flag that sets the mode leaves that denied", async () => {
    using scene = createScene();
    scene.user(`${OWN}[permissions.own.filesystem]\n${WORK}"/keys" = "deny"\n[sandbox]\ndeny = ["/mine"]\n`);
    const { sandbox } = await scene.load({ typed: { sandbox_mode: "read-only" } });
    expect(sandbox).toMatchObject({ mode: "read-only", deny: ["/mine", "/keys"] });
  });

  it.each([
    ["nothing of that name", `default_permissions = "none"\n`, ":1:"],
    ["only some paths readable", `${OWN}filesystem = { ":minimal" = "read" }\n`, ":3:"],
    ["nothing said", OWN, "config.toml"],
    ["hosts", `${OWN}network.domains = ["a"]\n`, ":3:"],
    ["an unknown key", `${OWN}proxy = true\n`, ":3:"],
    ["a wrong access", `${OWN}filesystem = { ":root" = "look" }\n`, ":3:"],
    ["read-only inside writable", `${OWN}[permissions.own.filesystem]\n${WORK}"/tmp/x" = "read"\n`, ":6:"],
    [
      "all writable but one",
      `${OWN}network.enabled = true\nfilesystem = { ":root" = "write", "/k" = "deny" }\n`,
      ":4:",
    ],
    ["a path that leaves", `${OWN}[permissions.own.filesystem]\n${WORK}"/a/../b" = "write"\n`, ":6:"],
    ["profiles in a ring", `${OWN}extends = "own"\n`, ":3:"],
    ["two modes at once", `sandbox_mode = "read-only"\ndefault_permissions = ":workspace"\n`, ":2:"],
  ])("are refused with their place: %s", async (_what, text, place) => {
    using scene = createScene();
    scene.user(text);
    await expect(scene.load()).rejects.toMatchObject({
      code: "config_invalid",
      message: expect.stringContaining(place),
    });
  });

  it("are narrowed by what an administrator requires", async () => {
    using scene = createScene();
    scene.user(`default_permissions = ":danger-full-access"\n`);
    const requirements_file = scene.write("etc/requirements.toml", 'allowed_sandbox_modes = ["read-only"]\n');
    await expect(scene.load({ requirements_file })).rejects.toMatchObject({
      message: expect.stringContaining('"danger-full-access" is not allowed'),
    });
  });

  it("are not for projects to set", async () => {
    using scene = createScene();
    scene.user(
      `default_permissions = ":read-only"\n[projects.${JSON.stringify(scene.project)}]\ntrust_level = "trusted"\n`,
    );
    scene.write("project/.codex/config.toml", 'default_permissions = ":danger-full-access"\n');
    const { settings, warnings } = await scene.load();
    expect(settings.sandbox_policy.type).toBe("read-only");
    expect(warnings.map(({ message }) => message).join()).toContain("a project may not set default_permissions");
  });
});
