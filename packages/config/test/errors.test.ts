import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createScene, refusal } from "./support.js";

const MODES = `"read-only", "workspace-write", "danger-full-access", "external-sandbox"`;

describe("a wrong value in a file is told with line and column", () => {
  const CASES: readonly (readonly [text: string, place: string, rest: string])[] = [
    [`model_context_window = "x"`, "1:1", "model_context_window: expected a whole number, 1 or more, found a string"],
    [`\n  model = 5`, "2:3", "model: expected a string, found 5"],
    [`hide_agent_reasoning = 1`, "1:1", "hide_agent_reasoning: expected true or false, found 1"],
    [`sandbox_mode = "bogus"`, "1:1", `sandbox_mode: expected one of ${MODES}, found "bogus"`],
    [
      `approval_policy = "sometimes"`,
      "1:1",
      `approval_policy: expected one of "untrusted", "on-failure", "on-request", "never", or a table, found "sometimes"`,
    ],
    [
      `[approval_policy.granular]\nrules = true\nsandbox_approval = true`,
      "1:2",
      "approval_policy.granular.mcp_elicitations: expected true or false, found nothing",
    ],
    [`[history]\n\npersistence = []`, "3:1", `history.persistence: expected one of "save-all", "none", found a list`],
    [`history = 3`, "1:1", "history: expected a table, found 3"],
    [
      `sandbox_workspace_write.writable_roots = ["a", 2]`,
      "1:48",
      "sandbox_workspace_write.writable_roots[1]: expected a path (a string), found 2",
    ],
    [
      `sandbox = { allow_missing = ["everything"] }`,
      "1:30",
      `sandbox.allow_missing[0]: expected one of "protected-metadata", found "everything"`,
    ],
    [`project_doc_max_bytes = -1`, "1:1", "project_doc_max_bytes: expected a whole number, found -1"],
    [`project_doc_max_bytes = 1.5`, "1:1", "project_doc_max_bytes: expected a whole number, found 1.5"],
    [`model = 2024-01-01`, "1:1", "model: expected a string, found a date"],
    [
      `[projects."/a b"]\ntrust_level = "maybe"`,
      "2:1",
      `projects."/a b".trust_level: expected one of "trusted", "untrusted", found "maybe"`,
    ],
    [`[features]\nundo = "on"`, "2:1", "features.undo: expected true or false, or a table, found a string"],
    [`openai_base_url = "api"`, "1:1", "openai_base_url: expected an http:// or https:// address"],
    [
      `[model_providers.x]\nname = "X"\nexperimental_bearer_token = 5`,
      "3:1",
      "model_providers.x.experimental_bearer_token: expected a string, found 5",
    ],
  ];
  it.each(CASES)("%s", async (text, place, rest) => {
    using scene = createScene();
    const file = scene.user(text);
    expect(await refusal(scene.load())).toBe(`${file}:${place}: ${rest}`);
  });

  it("in the file that won", async () => {
    using scene = createScene();
    scene.write("system.toml", `model_verbosity = "low"`);
    scene.user(`model_verbosity = "medium"`);
    const file = scene.write("user/.codex/p.config.toml", `\nmodel_verbosity = "loud"`);
    expect(await refusal(scene.load({ profile: "p" }))).toMatch(`${file}:2:1: model_verbosity: expected one of`);
  });

  it("and does not matter where a higher layer replaces it", async () => {
    using scene = createScene();
    scene.user(`model_verbosity = "loud"`);
    expect((await scene.load({ overrides: ["model_verbosity=high"] })).settings.verbosity).toBe("high");
  });
});

describe("a wrong value that is in no file is told with its flag", () => {
  it.each([
    [{ overrides: ["model_context_window=big"] }, "-c model_context_window: expected a whole number, 1 or more"],
    [{ overrides: ["model_provider=nope"] }, `-c model_provider: no provider "nope"; there are openai, ollama`],
    [{ overrides: ["model"] }, "-c model: expected key=value"],
    [{ overrides: ["=x"] }, `-c =…: expected a dotted key before "="`],
    [{ overrides: ["a..b=x"] }, `-c a..b=…: expected a dotted key before "="`],
    [{ session: { model: 3 } }, "session settings: model: expected a string, found 3"],
    [{ session: { "a..b": 3 } }, "session settings: a..b: expected a dotted key"],
    [{ typed: { model_provider: "nope" } }, `command line: model_provider: no provider "nope"`],
    [{ profile: "../x" }, `--profile "../x": expected a name of letters`],
    [{ profile: "" }, `--profile "": expected a name of letters`],
    [{ overrides: ["model_instructions_file=gone.md"] }, "-c model_instructions_file: no such file: "],
  ])("%j", async (options, message) => {
    using scene = createScene();
    expect(await refusal(scene.load(options))).toContain(message);
  });
});

describe("a file that is no configuration", () => {
  it.each([
    [`model = "a"\nmodel = "b"`, "2:1", "model = "],
    [`model = gpt 5`, "1:9", "model = gpt 5"],
    [`\n[unclosed`, "2:", "[unclosed"],
    [`x = "open`, "1:", `x = "open`],
  ])("is told with place and line: %s", async (text, place, line) => {
    using scene = createScene();
    const file = scene.user(text);
    const message = await refusal(scene.load());
    expect(message).toMatch(`${file}:${place}`);
    expect(message).toContain("not valid TOML: ");
    expect(message).toContain(line);
  });

  it("never shows what may be a secret", async () => {
    using scene = createScene();
    scene.user(`[model_providers.x]\nexperimental_bearer_token = sk-verysecret`);
    expect(await refusal(scene.load())).not.toContain("verysecret");
    scene.user(`[model_providers.x.http_headers]\nAuthorization = "Bearer verysecret`);
    expect(await refusal(scene.load())).not.toContain("verysecret");
  });

  it("is refused by name", async () => {
    using scene = createScene();
    const file = `${scene.home}/config.toml`;
    writeFileSync(file, Buffer.from([0x61, 0xff, 0xfe]));
    expect(await refusal(scene.load())).toBe(`${file}: is not UTF-8 text`);
    const folder = `${scene.home}/dir.config.toml`;
    mkdirSync(folder);
    expect(await refusal(scene.load({ profile: "dir", ignore_user_config: true }))).toBe(
      `${folder}: is not a regular file`,
    );
  });

  it("may start with a byte order mark", async () => {
    using scene = createScene();
    scene.user(`\uFEFFmodel = "m"`);
    expect((await scene.load()).settings.model).toBe("m");
  });
});

describe("strict", () => {
  it("refuses the first unknown key of a file", async () => {
    using scene = createScene();
    const file = scene.user(`model = "m"\n[tui]\ntheme = "x"\nnope = 1`);
    expect(await refusal(scene.load({ strict: true }))).toBe(`${file}:4:1: tui.nope: unknown key`);
  });

  it("refuses an unknown key of a flag", async () => {
    using scene = createScene();
    expect(await refusal(scene.load({ strict: true, overrides: ["k=1"] }))).toBe("-c k: unknown key");
  });

  it("accepts everything known", async () => {
    using scene = createScene();
    scene.user(`notify = ["x"]\n[mcp_servers.a]\ncommand = "b"`);
    expect((await scene.load({ strict: true })).warnings).toEqual([]);
  });
});

describe("older forms of profiles", () => {
  it("are refused with the way to go", async () => {
    using scene = createScene();
    const file = scene.user(`model = "m"\nprofile = "x"`);
    expect(await refusal(scene.load())).toBe(
      `${file}:2:1: profile: no longer supported; put the settings into ${scene.home}/NAME.config.toml and use --profile NAME`,
    );
    scene.user(`[profiles.x]\nmodel = "m"`);
    expect(await refusal(scene.load({ profile: "x" }))).toBe(
      `${file}:1:2: profiles.x: no longer supported; move the settings to ${scene.home}/x.config.toml`,
    );
  });

  it("do not matter for another profile", async () => {
    using scene = createScene();
    scene.user(`[profiles.x]\nmodel = "m"`);
    expect((await scene.load({ profile: "y" })).settings.model).toBeUndefined();
  });
});

describe("the instructions file", () => {
  it("must exist and say something", async () => {
    using scene = createScene();
    const file = scene.user(`model_instructions_file = "a.md"`);
    expect(await refusal(scene.load())).toBe(`${file}:1:1: model_instructions_file: no such file: ${scene.home}/a.md`);
    scene.write("user/.codex/a.md", " \n");
    expect(await refusal(scene.load())).toBe(
      `${file}:1:1: model_instructions_file: the file is empty: ${scene.home}/a.md`,
    );
  });
});
