/** One wrong input: what is typed, and what lies in the folders. */
export type Mistake = {
  readonly argv: readonly string[];
  /** Files of CODEX_HOME besides a good config.toml. */
  readonly home?: Readonly<Record<string, string | Uint8Array>>;
  /** Files of the project, which is the working directory. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly stdin?: string | Uint8Array;
};

const ID = "0198c0de-0000-7000-8000-000000000001";
const ROLLOUT = `sessions/2026/11/22/rollout-2026-11-22T10-00-00-${ID}.jsonl`;
const UNKNOWN_ID = "0198c0de-0000-7000-8000-00000000ffff";

function flags(...lines: readonly string[]): readonly Mistake[] {
  return lines.map((line) => ({ argv: line.split(" ").map((word) => (word === "''" ? "" : word)) }));
}

export const FLAGS: readonly Mistake[] = [
  ...flags(
    "exce",
    "--nope",
    "exec --jsn x",
    "exec -s nowhere x",
    "exec one two",
    "exec -m",
    "exec --yolo -s read-only x",
  ),
  ...flags("exec --replay a --record b x", "exec --from 2 x", "exec --replay a --from two x", "exec --max-tokens -1 x"),
  ...flags("exec --max-tokens 1.5 x", "exec --max-usd much x", "exec --background-wait soon x", "exec --color blue x"),
  ...flags(
    "exec -C nowhere x",
    "exec -C a.txt x",
    "exec -i none.png x",
    "exec -i a.txt x",
    "exec -i . x",
    "exec -o . x",
  ),
  ...flags("exec -o none/out x", "exec --output-schema none x", "exec --output-schema . x", "exec --enable nofeat x"),
  ...flags(
    "exec --disable nofeat x",
    "exec -c model x",
    "exec -c =x x",
    "exec -c a..b=x x",
    "exec -p ../x x",
    "exec -p '' x",
  ),
  ...flags("exec -c model_context_window=big x", "exec -c model_provider=nope x", "exec --strict-config -c modle=x x"),
  ...flags(
    "exec --local-provider other x",
    "exec resume --last one two",
    "exec resume a b c",
    "exec fork",
    "exec fork nobody x",
  ),
  ...flags(
    `exec resume ${UNKNOWN_ID} x`,
    `exec fork ${UNKNOWN_ID} x`,
    "sandbox",
    "sandbox -s nowhere -- ls",
    "explain",
  ),
  ...flags("debug", "debug dropped none", "config set model", "config set modle x"),
  ...flags("config set sandbox_mode wide", "config get a..b", "config explain modle"),
  ...flags("usage more", "usage --by colour", "usage --since soon", "usage --last --by day", "usage --session nobody"),
  ...flags("usage --last", `usage --session ${UNKNOWN_ID}`, "usage --last --session x"),
  { argv: ["exec"], stdin: " \n" },
  { argv: ["exec", "-"], stdin: "" },
  { argv: ["exec", "-"], stdin: Uint8Array.of(0x61, 0xff, 0x62) },
  { argv: ["exec", "-"], stdin: Uint8Array.of(0xff, 0xfe, 0, 0, 0x61, 0, 0, 0) },
  { argv: ["exec", "x"], stdin: Uint8Array.of(0xc3, 0x28) },
  { argv: ["exec", "-"], stdin: "x".repeat(1_100_000) },
];

const TEXTS: readonly (string | Uint8Array)[] = [
  `model = `,
  `model = "a"\nmodel = "b"`,
  `[a\nmodel = 1`,
  `model = 'a`,
  `= 1`,
  `model == "a"`,
  `[features]\n[features]`,
  `model = """a`,
  `x = 1979-99-99`,
  `x = [1, 2`,
  `x = { a = 1`,
  `\u0000`,
  Uint8Array.of(0x6d, 0xff, 0xfe),
  `model = 5`,
  `model_context_window = "x"`,
  `model_context_window = 0`,
  `model_verbosity = "loud"`,
  `sandbox_mode = "bogus"`,
  `history = 3`,
  `history = { persistence = [] }`,
  `notify = "program"`,
  `project_doc_max_bytes = -1`,
  `features = { undo = "on" }`,
  `sandbox_workspace_write = { writable_roots = ["a", 2] }`,
  `shell_environment_policy = { inherit = "some" }`,
  `projects = { "/a" = { trust_level = "maybe" } }`,
  `model_provider = "nope"`,
  `openai_base_url = "api"`,
  `model_providers = { openai = { name = "x" } }`,
  `[model_providers.x]\nbase_url = "http://a"`,
  `[model_providers.x]\nname = "x"\nwire_api = "soap"`,
  `[model_providers.x]\nname = "x"\nenv_key = "A"\nauth = { command = "b" }`,
  `profile = "x"`,
  `model_instructions_file = "none.md"`,
  `limits = { max_usd = -1 }`,
  `review_model = 5`,
  `limits = { max_turns = "many" }`,
  `log_dir = 5`,
];

export const CONFIGURATIONS: readonly Mistake[] = TEXTS.map((text) => ({
  argv: ["exec", "x"],
  home: { "config.toml": text },
}));

export const FILES: readonly Mistake[] = [
  ...["", "{", "{]}", "nope", "'a'", "[1,]", "\u0000"].map((text) => ({
    argv: ["exec", "--output-schema", "schema.json", "x"],
    files: { "schema.json": text },
  })),
  { argv: ["exec", "resume", ID, "x"], home: { [`${ROLLOUT}/a`]: "a folder in the place of the file" } },
  { argv: ["exec", "resume", ID, "x"], home: { [`${ROLLOUT}.zst`]: "no zstd" } },
  { argv: ["exec", "fork", ID, "x"], home: { [`${ROLLOUT}.zst`]: "no zstd" } },
  {
    argv: ["exec", "resume", ID, "x"],
    home: { [`archived_sessions/rollout-2026-11-22T10-00-00-${ID}.jsonl`]: "{}\n" },
  },
  ...["", "garbage", "{}", "[]", `{"type":"codex_recording"}\n{`, `{"version":999}\n`].map((text) => ({
    argv: ["exec", "--replay", "r.jsonl", "x"],
    files: { "r.jsonl": text },
  })),
  { argv: ["exec", "--replay", "none.jsonl", "x"] },
  { argv: ["exec", "--replay", ".", "x"] },
  ...["prefix_rule(", "prefix_rule()\n", `prefix_rule(pattern = [], decision = "allow")\n`, "import os\n"].map(
    (text) => ({
      argv: ["exec", "x"],
      home: { "rules/default.rules": text },
    }),
  ),
  { argv: ["execpolicy", "check", "--rules", "none.rules", "--", "ls"] },
];

export const PATCHES: readonly Mistake[] = [
  "",
  "hello",
  "*** Begin Patch",
  "*** Begin Patch\n*** End Patch",
  "*** Begin Patch\n*** Update File: none.txt\n@@\n-a\n+b\n*** End Patch",
  "*** Begin Patch\n*** Update File: a.txt\n*** End Patch",
  "*** Begin Patch\n*** Delete File: none.txt\n*** End Patch",
  "*** Begin Patch\n*** Delete File: .\n*** End Patch",
  "*** Begin Patch\n*** Add File: a.txt/b\n+x\n*** End Patch",
  "*** Begin Patch\n*** Add File: b.txt\nno plus\n*** End Patch",
  "*** Begin Patch\n*** Rename File: a.txt\n*** End Patch",
  "*** Begin Patch\n*** Update File: a.txt\n@@ nowhere\n-old\n+new\n*** End Patch",
].map((patch) => ({ argv: ["--codex-run-as-apply-patch", patch] }));
