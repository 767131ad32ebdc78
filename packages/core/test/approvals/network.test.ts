import { createServer } from "node:http";
import path from "node:path";
import { createPolicy, readRules } from "@codex/execpolicy";
import type { AskForApproval, ReviewDecision, SandboxPolicy, Verdict } from "@codex/protocol";
import { callId } from "@codex/protocol";
import { ev } from "@codex/test-support";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { assessNetwork } from "../../src/approvals/network.js";
import { refusalText } from "../../src/approvals/refusal.js";
import { createGuards } from "../../src/tools/guard.js";
import { defineTool } from "../../src/tools/embedded.js";
import { testApprovals } from "../support/approvals.js";
import type { Done, Live, LiveOptions } from "../support/live.js";
import { liveSession } from "../support/live.js";
import { testTurn } from "../support/turn.js";

const WORKSPACE_WRITE = {
  type: "workspace-write",
  writable_roots: [],
  network_access: false,
  exclude_tmpdir_env_var: true,
  exclude_slash_tmp: true,
} as const satisfies SandboxPolicy;
const POLICIES = [
  { type: "read-only" },
  WORKSPACE_WRITE,
  { ...WORKSPACE_WRITE, network_access: true },
  { type: "external-sandbox", network_access: "restricted" },
  { type: "external-sandbox", network_access: "enabled" },
  { type: "danger-full-access" },
] as const satisfies readonly SandboxPolicy[];

/** Granular, with these kinds of questions let through. */
const granular = (...topics: readonly ("sandbox_approval" | "rules")[]): AskForApproval => ({
  granular: {
    sandbox_approval: topics.includes("sandbox_approval"),
    rules: topics.includes("rules"),
    mcp_elicitations: true,
  },
});

const RULES = [
  'network_rule(host="open.com", protocol="https", decision="allow")',
  'network_rule(host="shut.com", protocol="http", decision="deny", justification="leaks")',
  'network_rule(host="shut.com", protocol="https", decision="allow")',
  'network_rule(host="ask.com", protocol="https", decision="prompt")',
].join("\n");

function assess(host: string, approval_policy: AskForApproval, sandbox_policy: SandboxPolicy, protocol = "https") {
  const parsed = readRules(RULES, "/rules/a.rules");
  if (parsed.type === "failed") throw new Error(parsed.problem.message);
  const { networks } = createPolicy(parsed.rules).rules;
  return assessNetwork({ type: "network", host, protocol }, { approval_policy, sandbox_policy }, networks);
}

/** Allowed, Prompt, Forbidden; small `s`: whatever else is done stays inside, `u`: it would be outside anyway. */
function letters(verdict: Verdict): string {
  if (verdict.type === "forbid") return "F";
  if (verdict.type === "allow") return `A${verdict.confined ? "s" : "u"}`;
  return `P${verdict.then === "confined" ? "s" : "u"}`;
}

describe("may a tool reach a host", () => {
  // read-only, workspace-write without and with network, external restricted and enabled, danger-full-access
  it.each<[string, AskForApproval, string]>([
    ["other.com", "on-request", "Ps Ps As Ps As Au"],
    ["other.com", "on-failure", "Ps Ps As Ps As Au"],
    ["other.com", "untrusted", "Ps Ps As Ps As Au"],
    ["other.com", "never", "F F As F As Au"],
    ["other.com", granular("sandbox_approval"), "Ps Ps As Ps As Au"],
    ["other.com", granular("rules"), "F F As F As Au"],
    ["open.com", "never", "As As As As As Au"],
    ["open.com", granular(), "As As As As As Au"],
    ["shut.com", "on-request", "F F F F F F"],
    ["ask.com", "on-request", "Ps Ps Ps Ps Ps Pu"],
    ["ask.com", "never", "F F F F F F"],
    ["ask.com", granular("sandbox_approval"), "F F F F F F"],
    ["ask.com", granular("rules"), "Ps Ps Ps Ps Ps Pu"],
  ])("%s under %j: %s", (host, approval, expected) => {
    expect(POLICIES.map((policy) => letters(assess(host, approval, policy))).join(" ")).toBe(expected);
  });

  it("is the same for every spelling of the host, and for the rule's protocol alone unless it refuses", () => {
    const under = (host: string, protocol?: string) => letters(assess(host, "never", { type: "read-only" }, protocol));
    expect(["OPEN.com", "open.com.", "open.com:443", " Open.Com.:443 "].map((host) => under(host))).toEqual([
      "As",
      "As",
      "As",
      "As",
    ]);
    expect([under("open.com", "http"), under("www.open.com")]).toEqual(["F", "F"]);
    expect(["http", "https", "socks5_tcp", "socks5_udp"].map((name) => under("Shut.com.", name)).join("")).toBe("FFFF");
  });

  it.each([
    ["https://x.com", "https", "host contains a scheme; write only the name"],
    ["*.x.com", "https", "host contains a wildcard"],
    ["x.com", "https:", 'unknown protocol "https:", known are http, https, socks5_tcp, socks5_udp'],
  ])("refuses what no rule could name: %s %s", (host, protocol, text) => {
    for (const policy of POLICIES) {
      expect(assess(host, "on-request", policy, protocol)).toEqual({
        type: "forbid",
        because: [{ layer: "network", text }],
      });
    }
  });

  it("says why not, where that was written, and what would allow it", () => {
    expect(assess("shut.com", "on-request", { type: "danger-full-access" })).toEqual({
      type: "forbid",
      because: [{ layer: "rules", text: "leaks", file: "/rules/a.rules", line: 2 }],
      allow_with: "change or remove the rule at /rules/a.rules:2",
    });
    expect(assess("ask.com", "never", { type: "read-only" })).toMatchObject({
      because: [{ text: "a rule asks before ask.com", line: 4 }, { layer: "mode" }],
      allow_with: "change or remove the rule at /rules/a.rules:4",
    });
    expect(assess("Other.com", "never", { type: "read-only" })).toEqual({
      type: "forbid",
      because: [
        { layer: "mode", text: "the network is off under read-only" },
        { layer: "mode", text: "approval required by policy, but AskForApproval is set to Never" },
      ],
      allow_with: 'network_rule(host="other.com", protocol="https", decision="allow") in rules/default.rules',
    });
  });
});

const keep = (action: "allow" | "deny", host = "localhost"): ReviewDecision => ({
  network_policy_amendment: { network_policy_amendment: { host, action } },
});

let reached = 0;
let port = 0;
const server = createServer((_request, response) => {
  reached += 1;
  response.end("fetched");
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  port = address.port;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => void (reached = 0));

/** Fetches from this process, which no sandbox holds: only when the guard lets it. */
const fetchTool = defineTool({
  name: "fetch_page",
  description: "Fetches from a host.",
  parameters: z.object({ host: z.string() }),
  async run({ host }, { guard, signal }) {
    const done = await guard.run({ type: "network", host, protocol: "http" }, async () => {
      const response = await fetch(`http://localhost:${port}/`, { signal });
      return { type: "done", value: await response.text() };
    });
    return done.type === "refused" ? refusalText("network request", done) : (done.value ?? "nothing");
  },
});

const OR = '"on-request"';

async function live(approval = OR, more: Partial<LiveOptions> = {}): Promise<Live> {
  return liveSession({ approval, sandbox: "workspace-write", tools: [fetchTool], ...more });
}

let calls = 0;
function fetchFrom(session: Live, host: string, answer?: ReviewDecision): Promise<Done> {
  return session.call(ev.call(`fetch_${(calls += 1)}`, "fetch_page", { host }), answer);
}

const rulesFile = (session: Live) => path.join(session.home.path, "rules/default.rules");

describe("exec.md §3.9", () => {
  it("denied network amendment: deny rule persisted; a later request to the host: no prompt, blocked", async () => {
    await using session = await live();
    const first = await fetchFrom(session, "localhost", keep("deny"));
    expect(first.questions).toHaveLength(1);
    expect(first.output).toBe("network request rejected by user, who refuses every request to localhost from now on");
    expect(await session.home.read("rules/default.rules")).toBe(
      'network_rule(host="localhost", protocol="http", decision="deny")\n',
    );
    for (const host of ["localhost", "LocalHost", "localhost.", `localhost:${port}`]) {
      const later = await fetchFrom(session, host, "approved");
      expect(later.questions).toEqual([]);
      expect(later.output).toBe(
        `network request rejected: a rule refuses localhost (${rulesFile(session)}:1); ` +
          `the user can allow it with: change or remove the rule at ${rulesFile(session)}:1`,
      );
    }
    expect(reached).toBe(0);
    expect((await fetchFrom(session, "127.0.0.1", "denied")).questions).toHaveLength(1);
  });
});

describe("a question about a host", () => {
  it("names the host, what may be kept, and no command", async () => {
    await using session = await live();
    const { questions, output } = await fetchFrom(session, `LOCALHOST.:${port}`, "denied");
    expect(output).toBe("network request rejected by user");
    const rules = [keep("allow"), keep("deny")];
    expect(questions).toEqual([
      {
        type: "exec_approval_request",
        call_id: expect.stringMatching(/^fetch_/),
        turn_id: expect.any(String),
        command: [],
        parsed_cmd: [],
        cwd: session.workspace.path,
        reason: 'Network access to "localhost" is blocked by policy.',
        because: [{ layer: "mode", text: "the network is off under workspace-write" }],
        network_approval_context: { host: "localhost", protocol: "http" },
        proposed_network_policy_amendments: [
          { host: "localhost", action: "allow" },
          { host: "localhost", action: "deny" },
        ],
        available_decisions: ["approved", "approved_for_session", ...rules, "denied", "abort"],
      },
    ]);
    expect(reached).toBe(0);
  });

  it("answered with an allow amendment: the rule is kept and told, and the host is reached without prompts", async () => {
    await using session = await live();
    const first = await fetchFrom(session, "localhost", keep("allow"));
    const later = await fetchFrom(session, `LocalHost.:${port}`, "denied");
    expect([first, later].map(({ output, questions }) => [output, questions.length])).toEqual([
      ["fetched", 1],
      ["fetched", 0],
    ]);
    expect(await session.home.read("rules/default.rules")).toBe(
      'network_rule(host="localhost", protocol="http", decision="allow")\n',
    );
    const told = { type: "input_text", text: "The user now allows requests to localhost (http)" };
    expect(first.events).toContainEqual(
      expect.objectContaining({ item: expect.objectContaining({ role: "developer", content: [told] }) }),
    );
    expect(reached).toBe(2);
  });

  it("approved is once, for the session is this host in every spelling, and no other", async () => {
    await using session = await live();
    const asked: number[] = [];
    for (const [host, answer] of [
      ["localhost", "approved"],
      ["localhost", "approved_for_session"],
      ["LOCALHOST.", "denied"],
      ["127.0.0.1", "denied"],
    ] as const) {
      asked.push((await fetchFrom(session, host, answer)).questions.length);
    }
    expect(asked).toEqual([1, 1, 0, 1]);
    expect(reached).toBe(3);
    expect(await session.home.read("rules/default.rules")).toBeUndefined();
  });

  it("is not put under never: refused with both reasons, unless a rule or the network allows it", async () => {
    const never = '"never"';
    await using shut = await live(never);
    const refused = await fetchFrom(shut, "localhost");
    expect(refused.questions).toEqual([]);
    expect(refused.output).toMatch(/^network request rejected: the network is off under workspace-write; approval req/);
    expect(reached).toBe(0);
    await using ruled = await live(never, {
      rules: 'network_rule(host="localhost", protocol="http", decision="allow")\n',
    });
    await using open = await live(never, { network: true });
    for (const session of [ruled, open]) expect((await fetchFrom(session, "localhost")).output).toBe("fetched");
    expect(reached).toBe(2);
  });

  it.each<[string, ReviewDecision]>([
    ["a rule for another host", keep("allow", "example.com")],
    ["a refusal of another host", keep("deny", "example.com")],
    ["a rule for commands", { approved_execpolicy_amendment: { proposed_execpolicy_amendment: ["curl"] } }],
  ])("answered with %s is refused, with a warning, and nothing is kept", async (_name, answer) => {
    await using session = await live();
    const { output, events } = await fetchFrom(session, "localhost", answer);
    expect(output).toBe("network request rejected: the answer was none of those that were offered");
    const message = "nothing was allowed or kept: the answer is none of those that were offered";
    expect(events).toContainEqual({ type: "warning", message });
    expect(await session.home.read("rules/default.rules")).toBeUndefined();
    expect(reached).toBe(0);
  });

  it("is no answer to a question about a command", async () => {
    await using session = await live();
    const file = path.join(session.outside.path, "t");
    const args = { cmd: `echo x > ${file}`, sandbox_permissions: "require_escalated" };
    const { output, questions } = await session.exec(args, keep("allow"));
    expect(questions).toHaveLength(1);
    expect(output).toBe("exec command rejected: the answer was none of those that were offered");
    expect(await session.outside.read("t")).toBeUndefined();
  });

  it("that a rule wants asks again each time, and offers only what would change that", async () => {
    const rules = 'network_rule(host="localhost", protocol="http", decision="prompt", justification="is it mine?")\n';
    await using session = await live(OR, { rules, network: true });
    const { questions } = await fetchFrom(session, "localhost", keep("deny"));
    expect(questions).toMatchObject([
      { reason: "is it mine?", proposed_network_policy_amendments: [{ host: "localhost", action: "deny" }] },
    ]);
    expect((await fetchFrom(session, "localhost")).questions).toEqual([]);
    expect(reached).toBe(0);
  });
});

/** Requests of one turn, made at once, and their answer. */
async function request(hosts: readonly string[], answer: ReviewDecision) {
  const turn = testTurn({ settings: { approval_policy: "on-request" }, answer: () => answer });
  const approvals = testApprovals();
  const aborted: unknown[] = [];
  const guards = createGuards({
    turn,
    ...approvals,
    announceRule: () => undefined,
    abortTurn: (reason) => void aborted.push(reason),
  });
  const attempts = await Promise.all(
    hosts.map((host) =>
      guards
        .forCall(callId(host))
        .run({ type: "network", host, protocol: "https" }, () => Promise.resolve({ type: "done", value: host })),
    ),
  );
  const { questions } = turn;
  return { types: attempts.map(({ type }) => type), questions: questions.length, kept: approvals.kept, aborted };
}

describe("several requests at once", () => {
  it("are spared by the answer about their host", async () => {
    expect(await request(["x.com", "X.com", "x.com."], keep("deny", "x.com"))).toEqual({
      types: ["refused", "refused", "refused"],
      questions: 1,
      kept: ['network_rule(host="x.com", protocol="https", decision="deny")'],
      aborted: [],
    });
    expect(await request(["x.com", "X.com"], "approved_for_session")).toMatchObject({
      types: ["done", "done"],
      questions: 1,
      kept: [],
    });
  });

  it("end with the turn when the answer is abort", async () => {
    const { types, aborted } = await request(["x.com"], "abort");
    expect([types, aborted.length]).toEqual([["refused"], 1]);
  });
});
