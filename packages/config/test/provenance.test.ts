import { describe, expect, it } from "vitest";
import { locate, originsOf } from "../src/index.js";
import { createScene } from "./support.js";

describe("originsOf", () => {
  it("tells who set a key, the winner first, and where", async () => {
    using scene = createScene();
    scene.write("system.toml", `model = "a"`);
    scene.user(`\n\nmodel = "b"\n[history]\n  persistence = "none"`);
    const config = await scene.load({ overrides: ["model=c"], typed: { model: "d" } });
    const origins = originsOf(config, "model");
    expect(origins.map(({ layer, value }) => [layer.name, value])).toEqual([
      ["flags", "d"],
      ["-c", "c"],
      ["user", "b"],
      ["system", "a"],
    ]);
    expect(await Promise.all(origins.map(locate))).toEqual([
      undefined,
      undefined,
      { line: 3, column: 1 },
      { line: 1, column: 1 },
    ]);
    const [history] = originsOf(config, "history.persistence");
    expect(history && (await locate(history))).toEqual({ line: 5, column: 3 });
  });

  it("is empty for a built-in default and for no key at all", async () => {
    using scene = createScene();
    const config = await scene.load();
    expect(originsOf(config, "sandbox_mode")).toEqual([]);
    expect(originsOf(config, "")).toEqual([]);
  });
});
