import type { Action, Attempt, Denial, Environment, ReviewDecision } from "@codex/protocol";
import { callId } from "@codex/protocol";
import { fakeEnvironment } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { refusalText } from "../../src/approvals/refusal.js";
import { TurnAborted } from "../../src/turn/aborted.js";
import { createGuards } from "../../src/tools/guard.js";
import { testApprovals } from "../support/approvals.js";
import { execAction } from "../support/exec-action.js";
import type { TestTurn, TestTurnOptions } from "../support/turn.js";
import { testTurn } from "../support/turn.js";

const DENIAL: Denial = { layer: "filesystem", target: "/etc/x", certain: true };
const UNTRUSTED = { approval_policy: "untrusted" } as const;
const GRANULAR = {
  approval_policy: { granular: { sandbox_approval: true, rules: true, mcp_elicitations: true } },
} as const;

const exec = (script: string, more?: Parameters<typeof execAction>[1]): Action =>
  execAction(["bash", "-lc", script], more);

type Scene = {
  readonly turn: TestTurn;
  readonly kept: readonly string[];
  /** Where each attempt was made, and by whose leave. */
  readonly attempts: readonly string[];
  readonly aborted: readonly TurnAborted[];
  run(action: Action, outcomes?: readonly ("done" | "denied")[]): Promise<Attempt<string>>;
};

function scene(options: TestTurnOptions & { readonly rules?: string } = {}): Scene {
  const turn = testTurn(options);
  const permissions = testApprovals(options.rules);
  const attempts: string[] = [];
  const aborted: TurnAborted[] = [];
  const guards = createGuards({
    turn,
    ...permissions,
    announceRule: () => undefined,
    abortTurn: (reason) => void aborted.push(reason),
  });
  let count = 0;
  return {
    turn,
    kept: permissions.kept,
    attempts,
    aborted,
    run: (action, outcomes = ["done"]) => {
      const guard = guards.forCall(callId(`c${(count += 1)}`));
      let tried = 0;
      return guard.run(action, (where: Environment, by) => {
        const outcome = outcomes[tried] ?? "done";
        tried += 1;
        attempts.push(`${where === turn.environment ? "outside" : "inside"} by ${by}`);
        const attempt: Attempt<string> =
          outcome === "done"
            ? { type: "done", value: `try ${tried}` }
            : { type: "denied", value: `try ${tried}`, denial: DENIAL };
        return Promise.resolve(attempt);
      });
    },
  };
}

describe("the guard", () => {
  it("confines once in a turn, and never for what is free of a sandbox", async () => {
    const environment = fakeEnvironment();
    const { run } = scene({ environment });
    await Promise.all([run(exec("a")), run(exec("b"))]);
    await run(exec("c"));
    expect(environment.confined).toHaveLength(1);
    const free = fakeEnvironment();
    const open = scene({ environment: free, settings: { sandbox_policy: { type: "danger-full-access" } } });
    await open.run(exec("a"));
    expect([free.confined.length, open.attempts]).toEqual([0, ["outside by policy"]]);
  });

  it("says why it refused, where that was written and what would allow it", async () => {
    const { run } = scene({ rules: 'prefix_rule(pattern=["curl"], decision="forbidden")' });
    const attempt = await run(exec("curl x"));
    expect(attempt).toMatchObject({ type: "refused", because: [{ file: "/home/rules/test.rules", line: 1 }] });
    expect(attempt.type === "refused" ? refusalText("exec command", attempt) : "").toBe(
      "exec command rejected: a rule forbids commands starting with curl (/home/rules/test.rules:1); " +
        "the user can allow it with: change or remove the rule at /home/rules/test.rules:1",
    );
  });

  it("names nothing that would allow it where nothing would", async () => {
    const { run } = scene({ settings: { approval_policy: "never" } });
    const attempt = await run(exec("ls", { permissions: "escalated" }));
    expect(attempt.type).toBe("refused");
    expect("allow_with" in attempt).toBe(false);
  });

  it("tries to confine again after a failure", async () => {
    const inner = fakeEnvironment();
    let failures = 1;
    const environment: Environment = {
      ...inner,
      confine: (policy) => {
        failures -= 1;
        return failures >= 0 ? Promise.reject(new Error("busy")) : inner.confine(policy);
      },
    };
    const { run, attempts } = scene({ environment });
    await expect(run(exec("a"))).rejects.toThrow("busy");
    expect(await run(exec("a"))).toMatchObject({ type: "done" });
    expect(attempts).toHaveLength(1);
  });

  it("reports a denial where nobody may be asked, and tries nothing else", async () => {
    const never = scene();
    expect(await never.run(exec("touch /etc/x"), ["denied"])).toMatchObject({ type: "denied", value: "try 1" });
    const on_request = scene({ settings: { approval_policy: "on-request" } });
    expect(await on_request.run(exec("touch /etc/x"), ["denied"])).toMatchObject({ type: "denied" });
    expect([never.turn.questions, on_request.turn.questions]).toEqual([[], []]);
    expect([...never.attempts, ...on_request.attempts]).toEqual(["inside by policy", "inside by policy"]);
  });

  it("asks before a second attempt outside, with the marker as its reason", async () => {
    const { run, turn, attempts } = scene({ settings: GRANULAR });
    expect(await run(exec("touch /etc/x"), ["denied", "done"])).toMatchObject({ type: "done", value: "try 2" });
    expect(turn.questions).toMatchObject([{ call_id: "c1", reason: "command failed; retry without sandbox?" }]);
    expect(attempts).toEqual(["inside by policy", "outside by person"]);
  });

  it("gives what the first attempt gave when the second is not wanted", async () => {
    const { run, attempts } = scene({ settings: GRANULAR, answer: () => "denied" });
    expect(await run(exec("touch /etc/x"), ["denied"])).toMatchObject({
      type: "denied",
      value: "try 1",
      denial: DENIAL,
    });
    expect(attempts).toHaveLength(1);
  });

  it("does not ask a second time when the first attempt was asked about", async () => {
    const { run, turn, attempts } = scene({ settings: UNTRUSTED });
    expect(await run(exec("node x"), ["denied", "done"])).toMatchObject({ type: "done", value: "try 2" });
    expect(turn.questions).toHaveLength(1);
    expect(attempts).toEqual(["inside by person", "outside by person"]);
  });

  it("tries outside at most once", async () => {
    const { run, attempts } = scene({ settings: UNTRUSTED });
    expect(await run(exec("node x"), ["denied", "denied"])).toMatchObject({ type: "denied", value: "try 2" });
    expect(attempts).toHaveLength(2);
  });

  it("keeps inside what hides files from reading, whatever was allowed", async () => {
    const inner = fakeEnvironment();
    const environment: Environment = {
      ...inner,
      resolve: async (policy, cwd) => ({ ...(await inner.resolve(policy, cwd)), denied: ["/work/.env"] }),
    };
    const asked = scene({ environment, settings: { approval_policy: "on-request" } });
    await asked.run(exec("curl x", { permissions: "escalated" }));
    const ruled = scene({ environment, rules: 'prefix_rule(pattern=["make"], decision="allow")' });
    await ruled.run(exec("make"));
    const denied = scene({ environment, settings: UNTRUSTED });
    expect(await denied.run(exec("node x"), ["denied"])).toMatchObject({ type: "denied" });
    expect([asked.attempts, ruled.attempts, denied.attempts]).toEqual([
      ["inside by person"],
      ["inside by policy"],
      ["inside by person"],
    ]);
  });

  it("asks and tries nothing more once the turn was stopped", async () => {
    const turn = testTurn({ settings: GRANULAR });
    const guards = createGuards({
      turn,
      ...testApprovals(),
      announceRule: () => undefined,
      abortTurn: () => undefined,
    });
    const attempt = await guards.forCall(callId("c1")).run(exec("touch /etc/x"), () => {
      turn.controller.abort(new TurnAborted("interrupted"));
      return Promise.resolve({ type: "denied", value: "try 1", denial: DENIAL });
    });
    expect(attempt).toMatchObject({ type: "denied", value: "try 1" });
    expect(turn.questions).toEqual([]);
  });
});

describe("a person's answer", () => {
  const escalated = { permissions: "escalated" } as const;
  const OR = { settings: { approval_policy: "on-request" } } as const;

  it.each([
    ["denied", "rejected by user"],
    [{ denied: { rejection: "not on a Friday" } }, "rejected by user: not on a Friday"],
    ["timed_out", "rejected: nobody answered in time"],
    ["abort", "rejected by user, who stopped the turn"],
  ] as const)("%j refuses, with its words last", async (answer: ReviewDecision, text) => {
    const { run, attempts, aborted } = scene({ ...OR, answer: () => answer });
    const attempt = await run(exec("curl x", escalated));
    expect(attempt.type === "refused" ? attempt.because.at(-1) : undefined).toEqual({ layer: "user", text });
    expect([attempts.length, aborted.length]).toEqual([0, answer === "abort" ? 1 : 0]);
  });

  it("bounds the words that reach the model", async () => {
    const { run } = scene({ ...OR, answer: () => ({ denied: { rejection: "x".repeat(100_000) } }) });
    const attempt = await run(exec("curl x", escalated));
    expect(attempt.type === "refused" ? attempt.because.at(-1)?.text.length : 0).toBeLessThan(4_000);
  });

  it("approved holds once; for the session it holds for the same thing, however it is wrapped", async () => {
    const answers: ReviewDecision[] = ["approved", "approved_for_session"];
    const { run, turn, attempts } = scene({ ...OR, answer: () => answers.shift() ?? "denied" });
    await run(exec("git push", escalated));
    await run(exec("git push", escalated));
    const direct = { ...exec("", escalated), argv: ["git", "push"] };
    for (const same of [exec("git  push", escalated), exec('git "push"', escalated), direct]) await run(same);
    expect(turn.questions).toHaveLength(2);
    expect(attempts).toEqual([
      ...Array.from({ length: 2 }, () => "outside by person"),
      ...Array.from({ length: 3 }, () => "outside by policy"),
    ]);
    for (const other of [exec("git push -f", escalated), exec("git push", { ...escalated, cwd: "/" })])
      await run(other);
    expect(turn.questions).toHaveLength(4);
  });

  it("for the session does not reach from inside to outside", async () => {
    const answers: ReviewDecision[] = ["approved_for_session"];
    const { run, turn } = scene({ ...OR, answer: () => answers.shift() ?? "denied" });
    await run(exec("rm -rf x"));
    await run(exec("rm -rf x", escalated));
    expect(turn.questions).toHaveLength(2);
  });

  it("a denial after a session's yes is not asked about again", async () => {
    const { run, turn } = scene({ settings: GRANULAR, answer: () => "approved_for_session" });
    await run(exec("touch /etc/x"), ["denied", "done"]);
    await run(exec("touch /etc/x"), ["denied", "done"]);
    expect(turn.questions).toHaveLength(1);
    expect(turn.questions[0]).toMatchObject({ because: [{ layer: "sandbox", text: "the sandbox refused it" }] });
  });

  it("keeps a rule that was offered, and spares what waits behind the question", async () => {
    const pattern = ["git", "push"];
    const answer = (): ReviewDecision => ({
      approved_execpolicy_amendment: { proposed_execpolicy_amendment: pattern },
    });
    const { run, turn, kept, attempts } = scene({ ...OR, answer });
    await Promise.all(["git push a", "git push b", "git push c"].map((script) => run(exec(script, escalated))));
    expect(turn.questions).toHaveLength(1);
    expect(kept).toEqual(['prefix_rule(pattern=["git", "push"], decision="allow")']);
    expect(attempts).toHaveLength(3);
  });

  it("for the session spares the same thing that waits behind the question", async () => {
    const { run, turn } = scene({ ...OR, answer: () => "approved_for_session" });
    await Promise.all([run(exec("git push", escalated)), run(exec("git  push", escalated))]);
    expect(turn.questions).toHaveLength(1);
  });

  it("does not keep a rule that was not offered, but counts as a yes", async () => {
    const pattern = ["sudo"];
    const answer = (): ReviewDecision => ({
      approved_execpolicy_amendment: { proposed_execpolicy_amendment: pattern },
    });
    const { run, turn, kept, attempts } = scene({ ...OR, answer });
    await run(exec("git push", escalated));
    expect([kept, attempts]).toEqual([[], ["outside by person"]]);
    expect(turn.emitted).toMatchObject([{ type: "warning" }]);
  });

  it("may choose among what is offered: every width, and what each would have matched", async () => {
    const { run, turn } = scene(OR);
    for (const script of ["git push origin a", "git push origin b", "git fetch"]) await run(exec(script));
    await run(exec("git push origin main", { ...escalated, prefix_rule: ["git", "push", "origin"] }));
    expect(turn.questions[0]).toMatchObject({
      proposed_execpolicy_amendment: ["git", "push", "origin"],
      grants: [
        { width: "exact", pattern: ["git", "push", "origin", "main"], would_have_matched: 0 },
        { width: "subcommand", pattern: ["git", "push"], would_have_matched: 2 },
        { width: "prefix", pattern: ["git", "push", "origin"], would_have_matched: 2 },
      ],
    });
  });
});

describe("patches under the guard", () => {
  const patch = (...files: readonly string[]): Action => ({
    type: "patch",
    changes: Object.fromEntries(files.map((file) => [file, { type: "add", content: "" }])),
  });

  it("a session's yes covers only patches of which every file is covered", async () => {
    const { run, turn } = scene({ settings: UNTRUSTED, answer: () => "approved_for_session" });
    await run(patch("/work/a", "/work/b"));
    await run(patch("/work/b"));
    await run(patch("/work/b", "/work/c"));
    expect(turn.questions).toHaveLength(2);
  });

  it("on request, a patch that the sandbox refuses is asked about", async () => {
    const { run, turn, attempts } = scene({ settings: { approval_policy: "on-request" } });
    expect(await run(patch("/work/link/a"), ["denied", "done"])).toMatchObject({ type: "done" });
    expect(turn.questions).toHaveLength(1);
    expect(attempts).toEqual(["inside by policy", "outside by person"]);
  });
});
