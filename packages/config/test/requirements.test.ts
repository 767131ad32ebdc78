import { describe, expect, it } from "vitest";
import { createScene, refusal } from "./support.js";

describe("what an administrator requires", () => {
  it("refuses what somebody asked for, with both places", async () => {
    using scene = createScene();
    const file = scene.write("requirements.toml", `allowed_sandbox_modes = ["workspace-write", "read-only"]\n`);
    const user = scene.user(`\nsandbox_mode = "danger-full-access"\n`);
    const rest = `"danger-full-access" is not allowed; ${file} allows "read-only", "workspace-write"`;
    expect(await refusal(scene.load())).toBe(`${user}:2:1: sandbox_mode: ${rest}`);
    const typed = { sandbox_mode: "danger-full-access" } as const;
    expect(await refusal(scene.load({ typed }))).toBe(`command line: sandbox_mode: ${rest}`);
    expect((await scene.load({ overrides: ["sandbox_mode=workspace-write"] })).sandbox.mode).toBe("workspace-write");
  });

  it("takes the narrowest allowed value in the place of a default or of what a face says, and tells", async () => {
    using scene = createScene();
    const file = scene.write(
      "requirements.toml",
      `allowed_approval_policies = ["on-request"]\nallowed_sandbox_modes = ["workspace-write"]\n`,
    );
    const { settings, sandbox, warnings } = await scene.load({ typed: { approval_policy: "never" } });
    expect({ mode: sandbox.mode, policy: settings.approval_policy }).toEqual({
      mode: "workspace-write",
      policy: "on-request",
    });
    expect(warnings).toEqual([
      {
        code: "required",
        message: `sandbox_mode: "workspace-write" instead of "read-only", since ${file} allows "workspace-write"`,
      },
      {
        code: "required",
        message: `approval_policy: "on-request" instead of "never", since ${file} allows "on-request"`,
      },
    ]);
  });

  it("pins features above every layer", async () => {
    using scene = createScene();
    scene.write("requirements.toml", `[features]\nplugins = false\n`);
    expect((await scene.load({ overrides: ["features.plugins=true"] })).features).toMatchObject({ plugins: false });
  });

  it.each([
    [`allowed_sandbox_modes = ["none"]`, /requirements\.toml:1:26: allowed_sandbox_modes\[0\]: expected one of/],
    [`\nallowed_colours = []`, /requirements\.toml:2:1: allowed_colours: this requirement is not known, so it cannot/],
    [`allowed_sandbox_modes = []`, /sandbox_mode: "read-only" is not allowed; .* allows none$/],
    [`x = `, /requirements\.toml:1:\d+: not valid TOML/],
  ])("that cannot be enforced ends the start: %s", async (text, message) => {
    using scene = createScene();
    scene.write("requirements.toml", text);
    expect(await refusal(scene.load())).toMatch(message);
  });
});

it("a managed file stands above -c and below typed flags", async () => {
  using scene = createScene();
  scene.write("managed.toml", `model = "managed"\nmodel_verbosity = "low"\n`);
  const { settings } = await scene.load({ overrides: ["model=a", "model_verbosity=high"], typed: { model: "flag" } });
  expect(settings).toMatchObject({ model: "flag", verbosity: "low" });
});
