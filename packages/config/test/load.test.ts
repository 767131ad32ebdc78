import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createScene } from "./support.js";

const trusted = (folder: string) => `[projects.${JSON.stringify(folder)}]\ntrust_level = "trusted"\n`;

describe("loadConfig", () => {
  it("fills every default when there is no file at all", async () => {
    using scene = createScene();
    const { providers, ...config } = await scene.load();
    expect(Object.keys(providers)).toEqual(["openai", "ollama", "lmstudio", "replay"]);
    expect(config).toEqual({
      home: scene.home,
      limits: {},
      environment: { type: "direct" },
      undo: { enabled: true, keep_days: 7, max_mb: 2048 },
      pricing: {},
      log_dir: join(scene.home, "log"),
      rules: "read",
      settings: {
        cwd: scene.project,
        model_provider: "openai",
        approval_policy: "on-request",
        sandbox_policy: { type: "read-only" },
      },
      model: {},
      provider: {
        id: "openai",
        name: "OpenAI",
        kind: "responses",
        base_url: "https://api.openai.com/v1",
        query_params: {},
        http_headers: {},
        env_http_headers: { "OpenAI-Organization": "OPENAI_ORGANIZATION", "OpenAI-Project": "OPENAI_PROJECT" },
        request_max_retries: 4,
        stream_max_retries: 5,
        stream_idle_timeout_ms: 300_000,
        websocket_connect_timeout_ms: 15_000,
        requires_openai_auth: true,
        supports_websockets: true,
      },
      shell_environment: {
        inherit: "all",
        exclude: [],
        set: {},
        include_only: [],
        experimental_use_profile: false,
      },
      project: { trust: "unset", root: scene.project, git_root: scene.project },
      project_docs: { max_bytes: 32_768, fallback_filenames: [], root_markers: [".git"], include_project: true },
      sandbox: { mode: "read-only", allow_missing: [], deny: [], known_secrets: "hide" },
      skills: { include_instructions: true, disabled: [] },
      instructions: { developer: "", include_permissions: true, include_environment: true, include_apps: true },
      history: { persistence: "save-all" },
      display: { hide_agent_reasoning: false, show_raw_agent_reasoning: false },
      features: {},
      warnings: [],
      layers: [],
    });
  });

  it("reads every key the slice uses", async () => {
    using scene = createScene();
    scene.write("user/.codex/base.md", "Be kind.");
    scene.user(`
      model = "m"
      model_reasoning_effort = "very-high"
      model_reasoning_summary = "concise"
      model_verbosity = "low"
      service_tier = "flex"
      model_context_window = 1000
      model_auto_compact_token_limit = 900
      tool_output_token_limit = 77
      approval_policy = { granular = { sandbox_approval = true, rules = false, mcp_elicitations = true } }
      sandbox_mode = "workspace-write"
      project_doc_max_bytes = 10
      project_doc_fallback_filenames = ["CLAUDE.md"]
      project_root_markers = [".hg"]
      instructions = "older"
      model_instructions_file = "base.md"
      developer_instructions = "short"
      include_permissions_instructions = false
      include_apps_instructions = false
      include_environment_context = false
      hide_agent_reasoning = true
      show_raw_agent_reasoning = true
      experimental_use_unified_exec_tool = true
      experimental_use_freeform_apply_patch = true
      [sandbox]
      allow_missing = ["protected-metadata"]
      deny = ["~/keys", "**/.env"]
      known_secrets = "show"
      [sandbox_workspace_write]
      writable_roots = ["sub", "~/x", "/abs"]
      network_access = true
      exclude_tmpdir_env_var = true
      exclude_slash_tmp = true
      [shell_environment_policy]
      inherit = "core"
      exclude = ["AWS_*"]
      set = { A = "1" }
      [history]
      persistence = "none"
      max_bytes = 5
      [features]
      collab = true
      unified_exec = false
      shell_tool = { enabled = false }
      steer = true
    `);
    const config = await scene.load();
    expect(config.warnings).toEqual([]);
    expect(config.settings).toEqual({
      cwd: scene.project,
      model: "m",
      model_provider: "openai",
      approval_policy: { granular: { sandbox_approval: true, rules: false, mcp_elicitations: true } },
      sandbox_policy: {
        type: "workspace-write",
        writable_roots: [`${scene.home}/sub`, `${scene.user_home}/x`, "/abs"],
        network_access: true,
        exclude_tmpdir_env_var: true,
        exclude_slash_tmp: true,
      },
      effort: "very-high",
      summary: "concise",
      verbosity: "low",
      service_tier: "flex",
    });
    expect(config.model).toEqual({
      context_window: 1000,
      auto_compact_token_limit: 900,
      tool_output_token_limit: 77,
    });
    expect(config.sandbox).toEqual({
      mode: "workspace-write",
      allow_missing: ["protected-metadata"],
      deny: ["~/keys", "**/.env"],
      known_secrets: "show",
    });
    expect(config.instructions).toEqual({
      base: "Be kind.",
      developer: "short",
      include_permissions: false,
      include_environment: false,
      include_apps: false,
    });
    expect(config.project_docs).toEqual({
      max_bytes: 10,
      fallback_filenames: ["CLAUDE.md"],
      root_markers: [".hg"],
      include_project: true,
    });
    expect(config.shell_environment).toEqual({
      inherit: "core",
      exclude: ["AWS_*"],
      set: { A: "1" },
      include_only: [],
      experimental_use_profile: false,
    });
    expect(config.history).toEqual({ persistence: "none", max_bytes: 5 });
    expect(config.display).toEqual({ hide_agent_reasoning: true, show_raw_agent_reasoning: true });
    expect(config.features).toEqual({
      multi_agent: true,
      unified_exec: false,
      shell_tool: false,
      apply_patch_freeform: true,
    });
  });

  it("lets each layer win over the ones below it (live.md §6.1)", async () => {
    using scene = createScene();
    const inner = `${scene.project}/inner`;
    const models = async (): Promise<string | undefined> =>
      (await scene.load({ cwd: inner, ...options })).settings.model;
    let options = {};
    scene.write("project/inner/.keep", "");
    scene.write("system.toml", `model = "system"`);
    expect(await models()).toBe("system");
    scene.user(`model = "user"\n${trusted(scene.project)}`);
    expect(await models()).toBe("user");
    scene.write("user/.codex/p.config.toml", `model = "profile"`);
    options = { profile: "p" };
    expect(await models()).toBe("profile");
    scene.write("project/.codex/config.toml", `model = "outer"`);
    expect(await models()).toBe("outer");
    scene.write("project/inner/.codex/config.toml", `model = "inner"`);
    expect(await models()).toBe("inner");
    options = { ...options, overrides: ["model=first", "model = second"] };
    expect(await models()).toBe("second");
    options = { ...options, session: { model: "session" } };
    expect(await models()).toBe("session");
    options = { ...options, typed: { model: "typed" } };
    expect(await models()).toBe("typed");
  });

  it("merges tables key by key and replaces lists", async () => {
    using scene = createScene();
    scene.write("system.toml", `[shell_environment_policy]\ninherit = "none"\nexclude = ["A"]\nset = { X = "1" }`);
    scene.user(`[shell_environment_policy]\nexclude = ["B"]\nset = { Y = "2" }`);
    const { shell_environment } = await scene.load({ overrides: [`shell_environment_policy.set.Z="3"`] });
    expect(shell_environment).toMatchObject({ inherit: "none", exclude: ["B"], set: { X: "1", Y: "2", Z: "3" } });
  });

  it("takes paths of flags from the working directory and adds --add-dir to the roots", async () => {
    using scene = createScene();
    const config = await scene.load({
      overrides: [`sandbox_workspace_write.writable_roots=["a"]`],
      typed: { sandbox_mode: "workspace-write", add_dirs: ["b", "a"] },
    });
    expect(config.settings.sandbox_policy).toMatchObject({
      writable_roots: [`${scene.project}/a`, `${scene.project}/b`],
    });
  });

  it("leaves the user's file out on request, not the profile", async () => {
    using scene = createScene();
    scene.user(`model = "user"\nmodel_verbosity = "low"`);
    scene.write("user/.codex/p.config.toml", `model = "profile"`);
    const config = await scene.load({ ignore_user_config: true, profile: "p" });
    expect(config.settings).toMatchObject({ model: "profile" });
    expect(config.settings.verbosity).toBeUndefined();
  });

  it("accepts a profile without a file", async () => {
    using scene = createScene();
    expect((await scene.load({ profile: "nobody" })).warnings).toEqual([]);
  });

  it("maps each sandbox mode to its policy", async () => {
    using scene = createScene();
    const policies = await Promise.all(
      (["read-only", "danger-full-access", "external-sandbox", "workspace-write"] as const).map(
        async (sandbox_mode) => (await scene.load({ typed: { sandbox_mode } })).settings.sandbox_policy,
      ),
    );
    expect(policies).toEqual([
      { type: "read-only" },
      { type: "danger-full-access" },
      { type: "external-sandbox", network_access: "restricted" },
      {
        type: "workspace-write",
        writable_roots: [],
        network_access: false,
        exclude_tmpdir_env_var: false,
        exclude_slash_tmp: false,
      },
    ]);
  });

  it("hands out plain data that nobody can change", async () => {
    using scene = createScene();
    scene.user(`[model_providers.x]\nname = "X"\nhttp_headers = { A = "1" }`);
    const config = await scene.load();
    const frozen = (value: unknown): boolean =>
      typeof value !== "object" || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen));
    expect(frozen(config)).toBe(true);
    expect(JSON.parse(JSON.stringify(config))).toEqual(config);
  });

  it("is not fooled by keys that objects inherit", async () => {
    using scene = createScene();
    const config = await scene.load({ overrides: ["__proto__.model=x", "constructor=1", "features.toString=true"] });
    expect(config.settings.model).toBeUndefined();
    expect(config.warnings.map((warning) => warning.code)).toEqual(["unknown_key", "unknown_key", "unknown_feature"]);
  });
});

describe("warnings", () => {
  it("name layer, file and key of what nobody knows, and say nothing about keys known by name", async () => {
    using scene = createScene();
    const file = scene.user(
      `nope = 1\nnotify = ["x"]\nweb_search = "live"\n[tui]\ntheme = "t"\nbogus = 1\n[features]\nfuture = true`,
    );
    const { warnings } = await scene.load({ overrides: ["other.thing=1"] });
    expect(warnings).toEqual([
      { code: "unknown_key", message: `user configuration ${file}: unknown keys, ignored: nope, tui.bogus` },
      { code: "unknown_feature", message: `user configuration ${file}: unknown feature, ignored: features.future` },
      { code: "unknown_key", message: "-c: unknown key, ignored: other" },
    ]);
  });

  it("stay short for a file of another program", async () => {
    using scene = createScene();
    scene.user(Array.from({ length: 500 }, (_, index) => `key${index} = 1`).join("\n"));
    const [warning] = (await scene.load()).warnings;
    expect(warning?.message).toMatch(/key19, and 480 more$/);
  });

  it("tell the newer name of the instructions file", async () => {
    using scene = createScene();
    scene.write("user/.codex/old.md", "text");
    const file = scene.user(`experimental_instructions_file = "old.md"`);
    const config = await scene.load();
    expect(config.instructions.base).toBe("text");
    expect(config.warnings).toEqual([
      { code: "deprecated", message: `${file}: experimental_instructions_file is now model_instructions_file` },
    ]);
  });
});

describe("what surrounds a session", () => {
  it("names the program that is told of finished turns; a repository may not", async () => {
    using scene = createScene();
    scene.user(`notify = ["told", "-x"]`);
    expect((await scene.load()).notify).toEqual(["told", "-x"]);
    expect((await scene.load({ overrides: ["notify=[]"] })).notify).toBeUndefined();
  });

  it("switches skills off by name or path", async () => {
    using scene = createScene();
    scene.user(`[skills]\ninclude_instructions = false\nconfig = [{ name = "a", enabled = false }, { name = "b" }]`);
    expect((await scene.load()).skills).toEqual({ include_instructions: false, disabled: ["a"] });
  });

  it("brings a text of the user's own that asks for summaries", async () => {
    using scene = createScene();
    scene.user(`experimental_compact_prompt_file = "short.md"`);
    scene.write("user/.codex/short.md", "Be short.");
    expect((await scene.load()).instructions.compact).toBe("Be short.");
    expect((await scene.load({ overrides: ["compact_prompt=now"] })).instructions.compact).toBe("now");
  });
});
