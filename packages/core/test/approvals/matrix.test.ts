import { createServer } from "node:http";
import { temporaryFolder } from "@codex/test-support";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReviewDecision } from "@codex/protocol";
import type { Done, Live, LiveOptions, Question } from "../support/live.js";
import { liveSession } from "../support/live.js";

/** The cases of exec.md §3.9, each as a turn of the real engine in the real sandbox. */

const OR = '"on-request"';
const UT = '"untrusted"';
const NV = '"never"';
const NO_SANDBOX_QUESTIONS = "{ granular = { sandbox_approval = false, rules = true, mcp_elicitations = true } }";
const ESC = { sandbox_permissions: "require_escalated" } as const;

const server = createServer((_request, response) => response.end("fetched"));
let fetchUrl = "";
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  fetchUrl = `http://127.0.0.1:${address.port}/`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

type Sandbox = LiveOptions["sandbox"];
const DFA: Sandbox = "danger-full-access";
const RO: Sandbox = "read-only";
const WW: Sandbox = "workspace-write";

const added = (file: string): string => `*** Begin Patch\n*** Add File: ${file}\n+made\n*** End Patch`;
const amendmentOf = (done: Done): readonly string[] | undefined => {
  const [question] = done.questions;
  return question?.type === "exec_approval_request" ? question.proposed_execpolicy_amendment : undefined;
};
const fetchScript = (): string =>
  `node -e 'fetch("${fetchUrl}").then((r) => r.text()).then(console.log, (e) => { console.log(e.cause.code); process.exit(1) })'`;

async function live(approval: string, sandbox: Sandbox, more: Partial<LiveOptions> = {}): Promise<Live> {
  return liveSession({ approval, sandbox, ...more });
}

describe("exec.md §3.9", () => {
  it("OR, DFA: writing outside the workspace and fetching need no prompt", async () => {
    await using session = await live(OR, DFA);
    const wrote = await session.exec({ cmd: `echo x > ${session.outside.path}/a` });
    const fetched = await session.exec({ cmd: fetchScript() });
    expect([...wrote.questions, ...fetched.questions]).toEqual([]);
    expect(await session.outside.read("a")).toBe("x\n");
    expect(fetched.output).toContain("fetched");
  });

  it("UT, DFA: a known-safe echo needs no prompt", async () => {
    await using session = await live(UT, DFA);
    const done = await session.exec({ cmd: "echo hello" });
    expect(done.questions).toEqual([]);
    expect(done.output).toContain("hello");
  });

  it("UT, WW: a redirect is asked about without a reason, and the reviewer's words reach the model", async () => {
    await using session = await live(UT, WW);
    const rejection = "use the log instead";
    const done = await session.exec({ cmd: `cat < "hello" > ${session.outside.path}/t` }, { denied: { rejection } });
    expect(done.questions).toMatchObject([{ type: "exec_approval_request" }]);
    expect(done.questions[0]?.reason).toBeUndefined();
    expect(done.output).toContain(rejection);
    expect(done.output).toContain("rejected by user");
  });

  it("OR, WW, ESC: a redirect is asked about; denied, it is rejected by the user", async () => {
    await using session = await live(OR, WW);
    const done = await session.exec({ cmd: `echo x > ${session.outside.path}/t`, ...ESC }, "denied");
    expect(done.questions).toMatchObject([{ type: "exec_approval_request" }]);
    expect(done.output).toBe("exec command rejected by user");
    expect(await session.outside.read("t")).toBeUndefined();
  });

  it("OR, WW, ESC: a known-safe echo is asked about, with its two words as the amendment", async () => {
    await using session = await live(OR, WW);
    const done = await session.exec({ cmd: "echo known-safe-escalation", ...ESC });
    expect(amendmentOf(done)).toEqual(["echo", "known-safe-escalation"]);
    expect(done.output).toContain("known-safe-escalation");
  });

  it("granular without sandbox questions, WW, ESC: refused without a prompt", async () => {
    await using session = await live(NO_SANDBOX_QUESTIONS, WW);
    const done = await session.exec({ cmd: "echo hello", ...ESC });
    expect(done.questions).toEqual([]);
    expect(done.output).toContain("you should not ask for escalated permissions");
  });

  it("OR, WW, ESC, prefix_rule cat: a here-document into a file is asked about without an amendment", async () => {
    await using session = await live(OR, WW);
    const script = `cat <<'EOF' > ${session.outside.path}/t\nhello\nEOF`;
    const done = await session.exec({ cmd: script, prefix_rule: ["cat"], ...ESC });
    expect(done.questions).toHaveLength(1);
    expect(amendmentOf(done)).toBeUndefined();
    expect(await session.outside.read("t")).toBe("hello\n");
  });

  it("OR, WW, ESC, rule allow cat: a changed PATH keeps the rule from applying", async () => {
    await using session = await live(OR, WW, { rules: 'prefix_rule(pattern=["cat"], decision="allow")\n' });
    const done = await session.exec({ cmd: "PATH=/tmp/evil:$PATH cat <<'EOF'\nhello\nEOF", ...ESC }, "denied");
    expect(done.questions).toHaveLength(1);
  });

  it("OR, WW, ESC, prefix_rule python3: a here-document for python is asked about without an amendment", async () => {
    await using session = await live(OR, WW);
    const done = await session.exec(
      { cmd: "python3 <<'EOF'\nprint(1)\nEOF", prefix_rule: ["python3"], ...ESC },
      "denied",
    );
    expect(done.questions).toHaveLength(1);
    expect(amendmentOf(done)).toBeUndefined();
  });

  it("UT, DFA: writing outside is asked about; approved, it is created", async () => {
    await using session = await live(UT, DFA);
    const done = await session.exec({ cmd: `echo x > ${session.outside.path}/t` });
    expect(done.questions).toHaveLength(1);
    expect(await session.outside.read("t")).toBe("x\n");
  });

  it("NV, DFA: writing outside needs no prompt", async () => {
    await using session = await live(NV, DFA);
    const done = await session.exec({ cmd: `echo x > ${session.outside.path}/t` });
    expect(done.questions).toEqual([]);
    expect(await session.outside.read("t")).toBe("x\n");
  });

  it("OR, RO, ESC: a write in the workspace is asked about; approved it is made, denied it is not", async () => {
    await using session = await live(OR, RO);
    const yes = await session.exec({ cmd: "echo x > yes", ...ESC });
    const no = await session.exec({ cmd: "echo x > no", ...ESC }, "denied");
    expect([yes.questions.length, no.questions.length]).toEqual([1, 1]);
    expect([await session.workspace.read("yes"), await session.workspace.read("no")]).toEqual(["x\n", undefined]);
    expect(no.output).toBe("exec command rejected by user");
  });

  it("OR, RO: a trusted command needs no prompt", async () => {
    await using session = await live(OR, RO);
    const done = await session.exec({ cmd: "ls" });
    expect(done.questions).toEqual([]);
    expect(done.output).toContain("exited with code 0");
  });

  it("OR, RO: fetching fails without a prompt; with ESC it is asked about and succeeds", async () => {
    await using session = await live(OR, RO);
    const closed = await session.exec({ cmd: fetchScript() });
    const open = await session.exec({ cmd: fetchScript(), ...ESC });
    expect([closed.questions.length, open.questions.length]).toEqual([0, 1]);
    expect(closed.output).not.toContain("fetched");
    expect(open.output).toContain("fetched");
  });

  it("UT, DFA: apply_patch through the shell is a patch prompt; approved, it is applied", async () => {
    await using session = await live(UT, DFA);
    const done = await session.exec({ cmd: `apply_patch <<'EOF'\n${added("p.txt")}\nEOF` });
    expect(done.questions).toMatchObject([{ type: "apply_patch_approval_request" }]);
    expect(await session.workspace.read("p.txt")).toBe("made\n");
  });

  it("OR, WW: a patch inside needs no prompt", async () => {
    await using session = await live(OR, WW);
    const done = await session.patch(added("p.txt"));
    expect(done.questions).toEqual([]);
    expect(await session.workspace.read("p.txt")).toBe("made\n");
  });

  it("OR, DFA: a patch outside needs no prompt", async () => {
    await using session = await live(OR, DFA);
    const done = await session.patch(added(`${session.outside.path}/p.txt`));
    expect(done.questions).toEqual([]);
    expect(await session.outside.read("p.txt")).toBe("made\n");
  });

  it.each(["freeform", "shell"])("OR, WW: a %s patch outside is a patch prompt; denied, not applied", async (form) => {
    await using session = await live(OR, WW);
    const text = added(`${session.outside.path}/p.txt`);
    const apply = async (answer: ReviewDecision): Promise<Done> =>
      form === "freeform"
        ? session.patch(text, answer)
        : session.exec({ cmd: `apply_patch <<'EOF'\n${text}\nEOF` }, answer);
    const done = await apply("denied");
    expect(done.questions).toMatchObject([{ type: "apply_patch_approval_request" }]);
    expect(done.output).toBe("patch rejected by user");
    expect(await session.outside.read("p.txt")).toBeUndefined();
    await apply("approved");
    expect(await session.outside.read("p.txt")).toBe("made\n");
  });

  it("UT, DFA: a freeform patch inside is a patch prompt", async () => {
    await using session = await live(UT, DFA);
    expect((await session.patch(added("p.txt"))).questions).toHaveLength(1);
  });

  it("NV, WW: a patch outside is not made, and told so", async () => {
    await using session = await live(NV, WW);
    const done = await session.patch(added(`${session.outside.path}/p.txt`));
    expect(done.questions).toEqual([]);
    expect(await session.outside.read("p.txt")).toBeUndefined();
    expect(done.output).toContain("patch rejected: writing outside of the project; rejected by user approval settings");
  });

  it("UT, RO: a write in the workspace is asked about; approved, it is made outside the sandbox", async () => {
    await using session = await live(UT, RO);
    const done = await session.exec({ cmd: "echo x > t" });
    expect(done.questions).toHaveLength(1);
    expect(await session.workspace.read("t")).toBe("x\n");
  });

  it.each([
    ["RO", RO, (session: Live) => `${session.workspace.path}/t`],
    ["WW outside", WW, (session: Live) => `${session.outside.path}/t`],
  ])("NV, %s: a write is not made, and the model reads why", async (_name, sandbox, target) => {
    await using session = await live(NV, sandbox);
    const done = await session.exec({ cmd: `echo x > ${target(session)}` });
    expect(done.questions).toEqual([]);
    expect(done.output).toMatch(/Permission denied|Read-only file system/);
    expect(await session.workspace.read("t")).toBeUndefined();
    expect(await session.outside.read("t")).toBeUndefined();
  });

  it("NV, RO: a known-safe command succeeds", async () => {
    await using session = await live(NV, RO);
    expect((await session.exec({ cmd: "echo fine" })).output).toContain("exited with code 0");
  });

  it("OR, WW: a write in the workspace needs no prompt", async () => {
    await using session = await live(OR, WW);
    expect((await session.exec({ cmd: "echo x > t" })).questions).toEqual([]);
    expect(await session.workspace.read("t")).toBe("x\n");
  });

  it("OR, WW: fetching fails with the network off and succeeds with it on, without prompts", async () => {
    await using off = await live(OR, WW);
    await using on = await live(OR, WW, { network: true });
    const [closed, open] = [await off.exec({ cmd: fetchScript() }), await on.exec({ cmd: fetchScript() })];
    expect([...closed.questions, ...open.questions]).toEqual([]);
    expect(closed.output).not.toContain("fetched");
    expect(open.output).toContain("fetched");
  });

  it.each([
    ["OR, WW, ESC", OR, ESC],
    ["UT, WW", UT, {}],
  ])("%s: a write outside is asked about once; approved, it is made", async (_name, approval, permissions) => {
    await using session = await live(approval, WW);
    const done = await session.exec({ cmd: `echo x > ${session.outside.path}/t`, ...permissions });
    expect(done.questions).toHaveLength(1);
    expect(await session.outside.read("t")).toBe("x\n");
  });

  it("OR, RO, ESC with a justification: it is the prompt's reason", async () => {
    await using session = await live(OR, RO);
    const done = await session.exec({ cmd: "python3 -c 'print(1)'", justification: "May I count?", ...ESC }, "denied");
    expect(done.questions).toMatchObject([{ reason: "May I count?" }]);
  });

  it("UT, DFA: git reset --hard is asked about", async () => {
    await using session = await live(UT, DFA);
    expect((await session.exec({ cmd: "git reset --hard" }, "denied")).questions).toHaveLength(1);
  });

  it.each(["cat <<'EOF' > t\nx\nEOF", "cat a && touch b"])("OR, WW, ESC: %j is asked about", async (script) => {
    await using session = await live(OR, WW);
    expect((await session.exec({ cmd: script, ...ESC }, "denied")).questions).toHaveLength(1);
  });

  it("a patch approved for the session: a later patch to the same file needs no prompt", async () => {
    await using session = await live(OR, WW);
    const file = `${session.outside.path}/p.txt`;
    const first = await session.patch(added(file), "approved_for_session");
    const second = await session.patch(`*** Begin Patch\n*** Update File: ${file}\n-made\n+again\n*** End Patch`);
    const other = await session.patch(added(`${session.outside.path}/other.txt`), "denied");
    expect([first, second, other].map(({ questions }) => questions.length)).toEqual([1, 0, 1]);
    expect(await session.outside.read("p.txt")).toBe("again\n");
  });

  it("an approved amendment: it stands in the rules file, and the prefix is not asked about again", async () => {
    await using session = await live(OR, WW);
    const first = await session.exec({ cmd: `touch ${session.outside.path}/a`, ...ESC, prefix_rule: ["touch"] }, amend);
    const second = await session.exec({ cmd: `touch ${session.outside.path}/b`, ...ESC });
    expect(amendmentOf(first)).toEqual(["touch"]);
    const items = first.events.flatMap((event) => (event.type === "raw_response_item" ? [event.item] : []));
    const told = { type: "input_text", text: "The user now allows every command that starts with: touch" };
    // after the output, so that a call and its answer stay together
    expect(items.slice(-3, -1)).toMatchObject([
      { type: "function_call_output" },
      { role: "developer", content: [told] },
    ]);
    expect(second.questions).toEqual([]);
    expect(await session.outside.read("b")).toBe("");
    expect(await session.home.read("rules/default.rules")).toBe('prefix_rule(pattern=["touch"], decision="allow")\n');
  });

  it("prefix_rule touch for a script with a redirect: the script itself is offered, and then needs no prompt", async () => {
    await using session = await live(OR, WW);
    const script = `touch ${session.outside.path}/a && echo x > ${session.outside.path}/b`;
    const first = await session.exec({ cmd: script, ...ESC, prefix_rule: ["touch"] }, amend);
    expect(amendmentOf(first)).toEqual(["/bin/bash", "-lc", script]);
    expect((await session.exec({ cmd: script, ...ESC })).questions).toEqual([]);
    expect((await session.exec({ cmd: `${script}2`, ...ESC }, "denied")).questions).toHaveLength(1);
  });

  it("deny-read: what may not be read stays hidden from an approved escalated command too", async () => {
    await using secret = await temporaryFolder("codex-secret-");
    await secret.write("key", "hush\n");
    await using session = await live(OR, WW, { config: `sandbox.deny = [${JSON.stringify(secret.path)}]` });
    const script = `cat ${secret.path}/key; echo x > ${session.outside.path}/t`;
    const done = await session.exec({ cmd: script, ...ESC });
    expect(done.questions).toHaveLength(1);
    expect(done.output).not.toContain("hush");
    expect(await session.outside.read("t")).toBeUndefined();
  });

  it("UT, allow rule for another argument: touch ./a && rm ./a is asked about", async () => {
    await using session = await live(UT, WW, { rules: 'prefix_rule(pattern=["touch", "./b"], decision="allow")\n' });
    expect((await session.exec({ cmd: "touch ./a && rm ./a" }, "denied")).questions).toHaveLength(1);
  });
});

/** The row "denied network amendment" stands in network.test.ts. */

/** Takes the amendment that is proposed. */
function amend(question: Question): ReviewDecision {
  if (question.type !== "exec_approval_request" || question.proposed_execpolicy_amendment === undefined)
    return "denied";
  const { proposed_execpolicy_amendment } = question;
  return { approved_execpolicy_amendment: { proposed_execpolicy_amendment } };
}
