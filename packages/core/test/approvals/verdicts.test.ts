import { createPolicy, readRules } from "@codex/execpolicy";
import type { Policy } from "@codex/execpolicy";
import type { AskForApproval, FileChange, ResolvedPolicy, SandboxPolicy, Verdict } from "@codex/protocol";
import { describe, expect, it } from "vitest";
import type { ExecAction } from "../../src/approvals/exec.js";
import { assessExec } from "../../src/approvals/exec.js";
import { assessMcpCall } from "../../src/approvals/mcp.js";
import { assessPatch } from "../../src/approvals/patch.js";

const POLICIES = {
  ro: { type: "read-only" },
  ww: {
    type: "workspace-write",
    writable_roots: [],
    network_access: false,
    exclude_tmpdir_env_var: true,
    exclude_slash_tmp: true,
  },
  dfa: { type: "danger-full-access" },
  ext: { type: "external-sandbox", network_access: "restricted" },
} as const satisfies Record<string, SandboxPolicy>;
type Sandbox = keyof typeof POLICIES;

/** Granular, with these kinds of questions let through. */
const granular = (...topics: readonly ("sandbox_approval" | "rules")[]): AskForApproval => ({
  granular: {
    sandbox_approval: topics.includes("sandbox_approval"),
    rules: topics.includes("rules"),
    mcp_elicitations: true,
  },
});

function rulesOf(text: string): Policy {
  const parsed = readRules(text, "/rules/a.rules");
  if (parsed.type === "failed") throw new Error(parsed.problem.message);
  return createPolicy(parsed.rules);
}

const RULES = rulesOf(
  [
    'prefix_rule(pattern=["deploy"], decision="prompt", justification="ask the release team")',
    'prefix_rule(pattern=["leak"], decision="forbidden")',
    'prefix_rule(pattern=["make"], decision="allow")',
  ].join("\n"),
);

function exec(argv: readonly string[], more: Partial<ExecAction> = {}): ExecAction {
  return { type: "exec", argv, cwd: "/work", tty: false, environment_id: "x", permissions: "default", ...more };
}

function assess(
  argv: readonly string[],
  approval_policy: AskForApproval,
  sandbox: Sandbox,
  more: Partial<ExecAction> = {},
) {
  const mode = { approval_policy, sandbox_policy: POLICIES[sandbox] };
  return assessExec(exec(argv, more), mode, { rules: RULES, earlier: [], repository: "unknown" });
}

/** The letters of exec.md §3.4: sandboxed, unsandboxed, prompt, forbidden; behind it what a yes or a denial brings. */
function letters(verdict: Verdict): string {
  if (verdict.type === "forbid") return "F";
  if (verdict.type === "allow") return `${verdict.confined ? "S" : "U"}${verdict.retry === undefined ? "" : "?"}`;
  return `P${verdict.then === "confined" ? "s" : "u"}${verdict.retry === undefined ? "" : "!"}`;
}

const SAFE = ["ls"];
const OTHER = ["node", "build.js"];
const DANGER = ["rm", "-rf", "x"];

describe("exec.md §3.4: the matrix", () => {
  // `?`: a denial may be asked about; `!`: the yes covers a second attempt outside.
  const rows: [string, readonly string[], AskForApproval, Partial<ExecAction>, string][] = [
    ["untrusted, known-safe", SAFE, "untrusted", {}, "S? S? U S"],
    ["untrusted, other", OTHER, "untrusted", {}, "Ps! Ps! Pu Ps"],
    ["untrusted, escalated", OTHER, "untrusted", { permissions: "escalated" }, "F F F F"],
    ["on-request, default", OTHER, "on-request", {}, "S S U S"],
    ["on-request, known-safe", SAFE, "on-request", {}, "S S U S"],
    ["on-request, escalated", OTHER, "on-request", { permissions: "escalated" }, "Pu Pu U S"],
    ["on-request, known-safe escalated", SAFE, "on-request", { permissions: "escalated" }, "Pu Pu U S"],
    ["on-request, dangerous", DANGER, "on-request", {}, "Ps Ps Pu Ps"],
    ["on-failure is on-request", OTHER, "on-failure", { permissions: "escalated" }, "Pu Pu U S"],
    ["never", OTHER, "never", {}, "S S U S"],
    ["never, dangerous", DANGER, "never", {}, "F F F F"],
    ["never, escalated", OTHER, "never", { permissions: "escalated" }, "F F F F"],
    ["granular yes, default", OTHER, granular("sandbox_approval", "rules"), {}, "S? S? U S"],
    ["granular yes, escalated", OTHER, granular("sandbox_approval", "rules"), { permissions: "escalated" }, "F F F F"],
    ["granular no, default", OTHER, granular("rules"), {}, "S S U S"],
    ["granular no, dangerous", DANGER, granular("rules"), {}, "F F F F"],
    ["granular no rules, dangerous", DANGER, granular("sandbox_approval"), {}, "Ps! Ps! Pu Ps"],
    ["allow rule on all segments, never", ["make", "all"], "never", {}, "U U U U"],
    ["allow rule on all segments, untrusted", ["make", "all"], "untrusted", {}, "U U U U"],
    ["allow rule on one of two, never", ["bash", "-lc", "make && node x"], "never", {}, "S S U S"],
    ["allow rule on one of two, untrusted", ["bash", "-lc", "make && node x"], "untrusted", {}, "Ps! Ps! Pu Ps"],
    ["allow rule beside known-safe, untrusted", ["bash", "-lc", "make && ls"], "untrusted", {}, "S? S? U S"],
    ["prompt rule, on-request", ["deploy"], "on-request", {}, "Ps Ps Pu Ps"],
    ["prompt rule, never", ["deploy"], "never", {}, "F F F F"],
    ["prompt rule, granular without rules", ["deploy"], granular("sandbox_approval"), {}, "F F F F"],
    ["prompt rule, granular with rules only", ["deploy"], granular("rules"), {}, "Ps Ps Pu Ps"],
    ["forbidden rule", ["leak"], "on-request", {}, "F F F F"],
    ["forbidden rule under untrusted", ["leak"], "untrusted", {}, "F F F F"],
    ["forbidden behind an allowed one", ["bash", "-lc", "make && leak"], "on-request", {}, "F F F F"],
  ];
  it.each(rows)("%s", (...[, argv, approval, more, expected]) => {
    const found = (["ro", "ww", "dfa", "ext"] as const).map((sandbox) =>
      letters(assess(argv, approval, sandbox, more)),
    );
    expect(found.join(" ")).toBe(expected);
  });

  it("says where a refusal was written, what it matched and what would allow it", () => {
    const verdict = assess(["bash", "-lc", "ls; leak now"], "never", "ww");
    expect(verdict).toMatchObject({
      type: "forbid",
      allow_with: "change or remove the rule at /rules/a.rules:2",
      because: [{ layer: "rules", file: "/rules/a.rules", line: 2, matched: ["leak"] }],
    });
  });

  it.each([
    ["never", "approval required by policy, but AskForApproval is set to Never"],
    [granular("sandbox_approval"), "approval required by policy rule, but AskForApproval::Granular.rules is false"],
  ] as const)("a prompt rule nobody may be asked about says so: %j", (approval, text) => {
    expect(assess(["deploy"], approval, "ww").because.at(-1)).toEqual({ layer: "mode", text });
  });

  it("a prompt rule's justification is the reason, before the model's own", () => {
    const verdict = assess(["deploy", "now"], "on-request", "ww", { justification: "please" });
    expect(verdict).toMatchObject({ reason: "`deploy now` requires approval: ask the release team" });
  });

  it("gives the reasons of questions only, and none for what was harmless", () => {
    const verdict = assess(["bash", "-lc", "ls && node x && node x"], "untrusted", "ww");
    expect(verdict.because.map(({ matched }) => matched)).toEqual([["node", "x"]]);
  });

  it("takes git's word in a repository that the user trusts", () => {
    const mode = { approval_policy: "untrusted", sandbox_policy: POLICIES.ww } as const;
    const verdict = (repository: "trusted" | "unknown"): string =>
      letters(assessExec(exec(["git", "status"]), mode, { rules: RULES, earlier: [], repository }));
    expect([verdict("trusted"), verdict("unknown")]).toEqual(["S?", "Ps!"]);
  });

  it("offers rules with a denial that may be asked about", () => {
    expect(assess(OTHER, granular("sandbox_approval", "rules"), "ww")).toMatchObject({
      retry: { reason: "command failed; retry without sandbox?", amendment: OTHER },
    });
  });
});

describe("exec.md §1.12: patches", () => {
  const add = (...files: readonly string[]): Record<string, FileChange> =>
    Object.fromEntries(files.map((file) => [file, { type: "add", content: "" }]));
  const writable = [
    { root: "/work", read_only: ["/work/.git", "/work/.codex"] },
    { root: "/work/.codex/out", read_only: [] },
  ];
  const verdict = (changes: Record<string, FileChange>, approval_policy: AskForApproval, sandbox: Sandbox): Verdict => {
    const sandbox_policy = POLICIES[sandbox];
    const resolved: ResolvedPolicy = {
      policy: sandbox_policy,
      cwd: "/work",
      writable: sandbox === "ww" ? writable : [],
      denied: [],
      network: false,
      allow_missing: [],
    };
    return assessPatch({ type: "patch", changes }, { approval_policy, sandbox_policy, cwd: "/work" }, resolved);
  };
  const rows: [string, Record<string, FileChange>, AskForApproval, string][] = [
    ["inside, untrusted", add("/work/a"), "untrusted", "Pu Ps! Pu Ps!"],
    ["inside, on-request", add("/work/a"), "on-request", "Pu S? U S"],
    ["inside, never", add("/work/a"), "never", "F S U S"],
    ["inside, granular yes", add("/work/a"), granular("sandbox_approval", "rules"), "Pu S? U S"],
    ["inside, granular no", add("/work/a"), granular("rules"), "F S U S"],
    ["outside, on-request", add("/work/a", "/etc/x"), "on-request", "Pu Pu U S"],
    ["outside, on-failure", add("/etc/x"), "on-failure", "Pu Pu U S"],
    ["outside, never", add("/etc/x"), "never", "F F U S"],
    ["outside, granular no", add("/etc/x"), granular("rules"), "F F U S"],
    ["the directory above", add("/"), "never", "F F U S"],
    ["a root inside what is protected", add("/work/.codex/out/a"), "never", "F S U S"],
    ["a sibling with the same beginning", add("/workshop/x"), "never", "F F U S"],
    ["protected metadata", add("/work/.codex/config.toml"), "on-request", "Pu Pu U S"],
    ["a name that only begins like it", add("/work/.gitignore"), "never", "F S U S"],
    ["moved out", { "/work/a": { type: "update", unified_diff: "", move_path: "/etc/a" } }, "never", "F F U S"],
    ["nothing", {}, "on-request", "F F F F"],
  ];
  it.each(rows)("%s", (_name, changes, approval, expected) => {
    const found = (["ro", "ww", "dfa", "ext"] as const).map((sandbox) => letters(verdict(changes, approval, sandbox)));
    expect(found.join(" ")).toBe(expected);
  });

  it("knows its directory and roots also by the names of links to them", () => {
    const sandbox_policy = { ...POLICIES.ww, writable_roots: ["/link/more"] };
    const resolved: ResolvedPolicy = {
      policy: sandbox_policy,
      cwd: "/work",
      writable: [...writable, { root: "/more", read_only: ["/more/.git"] }],
      denied: [],
      network: false,
      allow_missing: [],
    };
    const mode = { approval_policy: "never", sandbox_policy, cwd: "/link/work" } as const;
    const found = ["/link/work/a", "/link/work/.git/x", "/link/more/a", "/more/a", "/more/.git/x", "/link/a"].map(
      (file) => letters(assessPatch({ type: "patch", changes: add(file) }, mode, resolved)),
    );
    expect(found).toEqual(["S", "F", "S", "S", "F", "F"]);
  });

  it("names what is outside, and the smallest change", () => {
    expect(verdict(add("/etc/x"), "never", "ww")).toMatchObject({ allow_with: "--add-dir /etc" });
    expect(verdict(add("/work/x"), "never", "ro")).toMatchObject({
      allow_with: "-s workspace-write",
      because: [{ text: "writing is blocked by read-only sandbox; rejected by user approval settings" }, {}],
    });
  });
});

describe("core.md §4.3: tools of servers", () => {
  const call = (hints: object, approval_policy: AskForApproval, sandbox: Sandbox): string =>
    letters(
      assessMcpCall(
        { type: "mcp_call", server: "s", tool: "t", hints },
        { approval_policy, sandbox_policy: POLICIES[sandbox] },
      ),
    );
  it.each([
    ["says nothing", {}, "Pu F U"],
    ["only reads", { read_only: true }, "S S U"],
    ["reads, and destroys", { read_only: true, destructive: true }, "Pu F U"],
    ["destroys nothing, in its own world", { destructive: false, open_world: false }, "S S U"],
    ["destroys nothing, in the open world", { destructive: false, open_world: true }, "Pu F U"],
  ])("a tool that %s", (_name, hints, expected) => {
    const found = [call(hints, "on-request", "ww"), call(hints, "never", "ww"), call(hints, "never", "dfa")];
    expect(found.join(" ")).toBe(expected);
  });
});
