import type { AskForApproval, SandboxPolicy } from "@codex/protocol";
import { callId } from "@codex/protocol";
import { loadConfig } from "@codex/config";
import type { Policy } from "@codex/execpolicy";
import { resolvePolicy } from "@codex/linux-sandbox";
import { fakeEnvironment } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { explainCommand } from "../../src/approvals/explain.js";
import type { Explanation } from "../../src/approvals/explain.js";
import { explainFor } from "../../src/approvals/explain-session.js";
import { explanationText } from "../../src/approvals/explain-text.js";
import { createGuards } from "../../src/tools/guard.js";
import { approvalsOver, testApprovals } from "../support/approvals.js";
import { WORKSPACE_WRITE } from "../support/engine.js";
import { execAction } from "../support/exec-action.js";
import { liveSession } from "../support/live.js";
import type { TestTurn } from "../support/turn.js";
import { testTurn } from "../support/turn.js";

const RULES = [
  'prefix_rule(pattern=["make"], decision="allow")',
  'prefix_rule(pattern=["deploy"], decision="prompt", justification="ask the release team")',
  'prefix_rule(pattern=["git", ["push", "tag"]], decision="prompt")',
  'prefix_rule(pattern=["curl"], decision="forbidden", justification="use the proxy")',
  'prefix_rule(pattern=["rm", "-rf", "dist"], decision="allow")',
].join("\n");

const SIMPLE: readonly string[] = [
  ...["ls", "ls -la src", "cat a.txt", "head -5 a", "wc -l a", "pwd", "echo hi", "git status", "git diff", "git log"],
  ...[
    "git push",
    "git push -f",
    "git tag v1",
    "git commit -m x",
    "make",
    "make all",
    "make -n",
    "node x.js",
    "npm test",
  ],
  ...["rm a", "rm -f a", "rm -rf dist", "rm -rf /", "sudo rm -rf x", "curl x", "/usr/bin/curl x", "./curl x", "deploy"],
  ...[
    "deploy --now",
    "env X=1 deploy",
    "sudo make",
    "find . -name a",
    "find . -delete",
    "sed -n 1p a",
    "sed -i s/a/b/ a",
  ],
  ...["rg x", "rg --pre cat x", "base64 a", "base64 -o b a", "touch a", "mkdir d", "python3 -c 1", "tee a"],
];
const SHAPES: readonly ((script: string) => readonly string[])[] = [
  (script) => script.split(" "),
  (script) => ["bash", "-lc", script],
  (script) => ["/bin/sh", "-c", script],
  (script) => ["bash", "-lc", `ls && ${script}`],
  (script) => ["bash", "-lc", `make && ${script} | wc -l`],
  (script) => ["bash", "-lc", `${script}; echo $?`],
  (script) => ["bash", "-lc", `${script} > out`],
  (script) => ["bash", "-lc", `$(${script})`],
  (script) => ["bash", "-lc", `cat <<'EOF' | ${script}\nx\nEOF`],
  (script) => ["zsh", "-lc", `cd src && ${script}`],
  (script) => ["bash", "-lc", `bash -c '${script}'`],
  (script) => ["timeout", "5", ...script.split(" ")],
];
const COMMANDS = SIMPLE.flatMap((script) => SHAPES.map((shape) => shape(script)));

const BOOK = testApprovals(RULES).book;

const APPROVALS: readonly AskForApproval[] = [
  "untrusted",
  "on-request",
  "on-failure",
  "never",
  ...[true, false].flatMap((sandbox_approval) =>
    [true, false].map((rules) => ({ granular: { sandbox_approval, rules, mcp_elicitations: true } })),
  ),
];
/** One that holds things back and one that does not: their twins behave the same (verdicts.test.ts). */
const SANDBOXES: readonly SandboxPolicy[] = [WORKSPACE_WRITE, { type: "danger-full-access" }];
const MODES = APPROVALS.flatMap((approval_policy) =>
  SANDBOXES.map((sandbox_policy) => ({ approval_policy, sandbox_policy })),
);

/** What the guard really does with a command in a turn; the sandbox refuses every attempt inside. */
async function happening(argv: readonly string[], turn: TestTurn) {
  const before = turn.questions.length;
  const attempts: string[] = [];
  const guards = createGuards({
    turn,
    ...approvalsOver(BOOK.policy),
    announceRule: () => undefined,
    abortTurn: () => undefined,
  });
  const guard = guards.forCall(callId("c1"));
  const action = execAction(argv);
  await guard.run(action, (where) => {
    const place = where === turn.environment ? "outside" : "inside";
    attempts.push(place);
    const denial = { layer: "sandbox", certain: true } as const;
    return Promise.resolve(
      place === "inside" ? { type: "denied", value: undefined, denial } : { type: "done", value: 0 },
    );
  });
  return { attempts, questions: turn.questions.length - before };
}

function promised({ outcome, place, after_denial }: Explanation) {
  const asked = outcome === "asks" ? 1 : 0;
  if (outcome === "refuses") return { attempts: [], questions: 0 };
  if (place === "outside" || after_denial === "reports") return { attempts: [place], questions: asked };
  return { attempts: [place, "outside"], questions: asked + (after_denial === "asks" ? 1 : 0) };
}

describe("an explanation", () => {
  it(`says what really happens: ${COMMANDS.length} commands under ${MODES.length} modes`, async () => {
    expect(COMMANDS.length).toBeGreaterThanOrEqual(500);
    const wrong: unknown[] = [];
    const outcomes = new Map<string, number>();
    for (const mode of MODES) {
      const turn = testTurn({ settings: mode });
      for (const argv of COMMANDS) {
        const said = promised(await explained(argv, mode));
        const done = await happening(argv, turn);
        if (JSON.stringify(said) !== JSON.stringify(done)) wrong.push({ argv, mode, said, done });
        const kind = JSON.stringify(done);
        outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
      }
    }
    expect(wrong).toEqual([]);
    // refused, inside, outside, the latter two after a question, and inside then outside
    expect(outcomes.size).toBe(6);
  }, 60_000);

  it("names changes that do allow it, one after the other, for every command that has any", async () => {
    const stuck: unknown[] = [];
    let changed = 0;
    for (const approval_policy of ["untrusted", "on-request", "never"] as const) {
      for (const argv of COMMANDS) {
        const { explanation, steps } = await freed(argv, approval_policy);
        changed += steps;
        const { outcome, allow_with } = explanation;
        if (outcome !== "runs" && allow_with !== undefined) stuck.push({ approval_policy, argv, outcome, allow_with });
      }
    }
    expect(stuck).toEqual([]);
    expect(changed).toBeGreaterThan(500);
  }, 60_000);

  it("names rules by file and line, the mode by where it was set, and the smallest change", async () => {
    const mode = { approval_policy: "never", sandbox_policy: WORKSPACE_WRITE } as const;
    const explanation = await explained(["bash", "-lc", "ls; curl x"], mode);
    expect(explanation).toMatchObject({
      outcome: "refuses",
      reading: { type: "plain", commands: [["ls"], ["curl", "x"]] },
      allow_with: "change or remove the rule at /home/rules/test.rules:4",
      layers: [
        { layer: "rules", says: "forbid", because: [{ file: "/home/rules/test.rules", line: 4, matched: ["curl"] }] },
        { layer: "safety", says: "nothing" },
        { layer: "mode", says: "nothing", because: [{ file: "/home/config.toml", line: 3 }] },
      ],
    });
    expect(explanationText(explanation)).toMatchInlineSnapshot(`
      "bash -lc 'ls; curl x'
        in        /work
        read as   ls
                  curl x
        rules     forbids a rule forbids commands starting with curl: use the proxy (/home/rules/test.rules:4)
        safety    – ls with these options only reads
        mode      – approval policy never (/home/config.toml:3)
        result    refused
        to allow  change or remove the rule at /home/rules/test.rules:4
      "
    `);
  });

  it("shows what the sandbox would hold", async () => {
    const mode = { approval_policy: "on-request", sandbox_policy: WORKSPACE_WRITE } as const;
    expect(explanationText(await explained(["bash", "-lc", "node x > y"], mode))).toMatchInlineSnapshot(`
      "bash -lc 'node x > y'
        in        /work
        read as   a script that redirects input or output: it may do anything
        rules     – no rule speaks of it; read: /home/rules/test.rules
        safety    – the script redirects input or output, so what it runs is not certain
        mode      allows approval policy on-request (/home/config.toml:3)
                         runs inside the workspace-write sandbox
        result    runs inside the sandbox, without a question
        sandbox   workspace-write, network off
                  writable: /work except /work/.git, /work/.codex, /work/.agents
                  what it refuses is reported to the model
      "
    `);
    const untrusted = { ...mode, approval_policy: "untrusted" } as const;
    expect(explanationText(await explained(["npm", "test", "api"], untrusted))).toMatchInlineSnapshot(`
      "npm test api
        in        /work
        read as   npm test api
        rules     – no rule speaks of it; read: /home/rules/test.rules
        safety    – no rule covers npm, and it is not known only to read
        mode      asks approval policy untrusted (/home/config.toml:3)
        result    asked about first, then runs inside the sandbox
        sandbox   workspace-write, network off
                  writable: /work except /work/.git, /work/.codex, /work/.agents
                  what it refuses is tried outside, the question covers that
        question  no reason is given
                  may be kept for exact: npm test api
                  may be kept for subcommand: npm test
        to allow  prefix_rule(pattern=["npm", "test", "api"], decision="allow")
      "
    `);
  });

  it.each([
    ['"untrusted"', "workspace-write"],
    ['"on-request"', "read-only"],
    ['"never"', "workspace-write"],
    ['"never"', "danger-full-access"],
  ] as const)("holds in a real session under %s and %s", async (approval, sandbox) => {
    const probe = "grep NoNewPrivs /proc/self/status";
    const rules = `prefix_rule(pattern=["cat"], decision="allow")\nprefix_rule(pattern=["nl"], decision="prompt")\n`;
    await using live = await liveSession({ approval, sandbox, rules });
    const config = await loadConfig({ cwd: live.workspace.path, home: live.home.path, env: {} });
    const roots = { tmpdir: undefined, allow_missing: [] };
    const resolved = await resolvePolicy(config.settings.sandbox_policy, live.workspace.path, roots);
    for (const script of [
      probe,
      "cat /proc/self/status",
      "nl /proc/self/status",
      "rm -f x; " + probe,
      `${probe} > /dev/stdout`,
    ]) {
      const argv = ["/bin/bash", "-lc", script];
      const explanation = await explainFor({ argv, config, resolved }, new AbortController().signal);
      const { output, questions } = await live.exec({ cmd: script });
      const flag = /NoNewPrivs:\s*(\d)/.exec(output)?.[1];
      const place = flag === undefined ? undefined : flag === "1" ? "inside" : "outside";
      const said = { place: explanation.place, questions: explanation.outcome === "asks" ? 1 : 0 };
      expect({ script, place, questions: questions.length }).toEqual({ script, ...said });
    }
  });
});

type State = { readonly rules: string; readonly approval_policy: AskForApproval };

/** What a person has after doing what `allow_with` says. */
function changedBy(change: string, { rules, approval_policy }: State): State {
  if (change === "-c approval_policy=on-request") return { rules, approval_policy: "on-request" };
  const line = /^change or remove the rule at \/home\/rules\/test\.rules:(\d+)$/.exec(change)?.[1];
  if (line === undefined) return { rules: `${rules}\n${change}`, approval_policy };
  const lines = rules.split("\n");
  lines[Number(line) - 1] = "";
  return { rules: lines.join("\n"), approval_policy };
}

/** Does what is said until the command runs without a question, at most five times. */
async function freed(argv: readonly string[], approval_policy: AskForApproval) {
  let state: State = { rules: RULES, approval_policy };
  let explanation = await explainedIn(argv, state);
  let steps = 0;
  for (; steps < 5 && explanation.outcome !== "runs" && explanation.allow_with !== undefined; steps += 1) {
    state = changedBy(explanation.allow_with, state);
    explanation = await explainedIn(argv, state);
  }
  return { explanation, steps };
}

const BOOKS = new Map<string, Policy>();

async function explainedIn(argv: readonly string[], { rules, approval_policy }: State): Promise<Explanation> {
  const policy = BOOKS.get(rules) ?? testApprovals(rules).book.policy;
  BOOKS.set(rules, policy);
  return explained(argv, { approval_policy, sandbox_policy: WORKSPACE_WRITE }, policy);
}

const ENVIRONMENT = fakeEnvironment();

async function explained(
  argv: readonly string[],
  mode: { approval_policy: AskForApproval; sandbox_policy: SandboxPolicy },
  rules: Policy = BOOK.policy,
): Promise<Explanation> {
  const action = execAction(argv);
  return explainCommand(action, mode, {
    rules,
    rule_files: ["/home/rules/test.rules"],
    repository: "unknown",
    earlier: [],
    resolved: await ENVIRONMENT.resolve(mode.sandbox_policy, "/work"),
    mode_origin: { file: "/home/config.toml", line: 3 },
  });
}
