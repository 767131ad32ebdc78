import { existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { codexHome } from "../src/index.js";
import { createScene, refusal } from "./support.js";

const attempt = async (work: () => unknown): Promise<unknown> => work();

describe("codexHome", () => {
  it("is ~/.codex, which nobody creates by looking", async () => {
    using scene = createScene();
    const env = { HOME: join(scene.base, "nobody"), CODEX_HOME: "" };
    expect(codexHome(env)).toBe(join(scene.base, "nobody/.codex"));
    await scene.load({ env });
    expect(existsSync(env.HOME)).toBe(false);
  });

  it("is what CODEX_HOME says, made canonical", () => {
    using scene = createScene();
    symlinkSync(scene.home, join(scene.base, "link"));
    expect(codexHome({ CODEX_HOME: join(scene.base, "link") })).toBe(scene.home);
  });

  it("must be a directory that exists", async () => {
    using scene = createScene();
    const missing = join(scene.base, "missing");
    expect(await refusal(scene.load({ env: { CODEX_HOME: missing } }))).toBe(
      `CODEX_HOME=${missing}: no such directory; create it or unset CODEX_HOME`,
    );
    const file = scene.write("file", "");
    expect(await refusal(attempt(() => codexHome({ CODEX_HOME: file })))).toBe(
      `CODEX_HOME=${file}: is not a directory`,
    );
  });
});
