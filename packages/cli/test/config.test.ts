import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryHome, workspace } from "@codex/test-support";
import type { TemporaryFolder } from "@codex/test-support";
import { codex, type Ran } from "./codex.js";

const USER = `# mine\nmodel = "a"  # why\nmodel_verbosity = "high"\n[model_providers.x]\nname = "x"\nexperimental_bearer_token = "hush"\n`;

let home: TemporaryFolder;
let project: TemporaryFolder;
let file: string;

beforeEach(async () => {
  home = await temporaryHome({ config: USER });
  project = await workspace({ git: true, files: { ".codex/config.toml": `\nmodel_verbosity = "low"\n` } });
  file = join(home.path, "config.toml");
});

afterEach(() => Promise.all([home[Symbol.asyncDispose](), project[Symbol.asyncDispose]()]));

function config(...args: readonly string[]): Promise<Ran> {
  return codex(["config", ...args], { cwd: project.path, env: { CODEX_HOME: home.path } });
}

describe("codex config", () => {
  it("says where the file is, and what is set in it, without secrets", async () => {
    expect(await config("path")).toMatchObject({ code: 0, stdout: `${file}\n` });
    const { code, stdout, stderr } = await config("list");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: [
        `model = "a"  ${file}:2:1 (user)`,
        `model_providers.x.experimental_bearer_token = [hidden]  ${file}:6:1 (user)`,
        `model_providers.x.name = "x"  ${file}:5:1 (user)`,
        `model_verbosity = "high"  ${file}:3:1 (user)`,
        "",
      ].join("\n"),
    });
    expect(stderr).toMatch(/^warning: .*\.codex\/config\.toml: ignored, this folder is not trusted; .*\n$/);
  });

  it("explains a key: its value, its place, and what it overrode", async () => {
    await config("set", `projects."${project.path}".trust_level`, "trusted");
    expect((await config("explain", "model_verbosity", "-c", "model_verbosity=medium")).stdout).toBe(
      `model_verbosity = "medium"\n  from  -c\n` +
        `  over  ${project.path}/.codex/config.toml:2:1 (project): "low"\n  over  ${file}:3:1 (user): "high"\n`,
    );
    expect((await config("explain", "sandbox_mode")).stdout).toBe(
      `sandbox_mode = "workspace-write"\n  from  the built-in default\n`,
    );
    expect((await config("get", "model_verbosity")).stdout).toBe("low\n");
  });

  it("sets a key, and leaves everything else as it is", async () => {
    expect(await config("set", "model", "b")).toMatchObject({ code: 0, stdout: `model = "b"  ${file}:2:1 (user)\n` });
    await config("set", "model_context_window", "5000");
    expect(await home.read("config.toml")).toBe(
      USER.replace(`"a"`, `"b"`).replace(`"high"\n`, `"high"\nmodel_context_window = 5000\n`),
    );
  });

  it.each([
    [["set", "modle", "x"], 1, "error: modle: unknown key; did you mean model?\n"],
    [["set", "model_context_window", "x"], 1, /^error: model_context_window: expected a whole number, 1 or more/],
    [["explain", "writable_roots"], 1, /did you mean sandbox_workspace_write\.writable_roots\?\n$/],
    [["gte", "model"], 2, "error: unknown command 'gte' (Did you mean get?); see codex config --help\n"],
    [["get"], 2, "error: missing required argument 'KEY'; see codex config get --help\n"],
  ])("%j is a mistake, and changes nothing", async (args, code, message) => {
    const ran = await config(...args);
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code, stdout: "" });
    expect(ran.stderr.split("\n").at(-2)?.concat("\n")).toEqual(
      typeof message === "string" ? message : expect.stringMatching(message),
    );
    expect(await home.read("config.toml")).toBe(USER);
  });
});
