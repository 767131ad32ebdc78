import { describe, expect, it } from "vitest";
import { callId } from "@codex/protocol";
import {
  AGENT,
  DENIAL,
  THREAD,
  TURN,
  USAGE,
  agentBegins,
  agentEnds,
  begins,
  complete,
  ends,
  failure,
  patchBegins,
  patchEnds,
  plans,
  says,
  scripted,
  searches,
  thinks,
  uses,
} from "./fake-session.js";
import { run } from "./run-exec.js";

const HEADER = `Codex (TypeScript) v1.2.3
--------
workdir: /repo
model: gpt-test
provider: mock
approval: never
sandbox: workspace-write [workdir, /tmp, $TMPDIR, /extra] (network access enabled)
reasoning effort: low
reasoning summaries: none
session id: ${THREAD}
--------
user
fix it
`;

describe("text for a person (core.md §6.4, live.md §1.1)", () => {
  it("tells of calls to sub-agents, and at their end what each has used", async () => {
    const done = { status: "completed", message: "found it", usage: USAGE } as const;
    const session = scripted([
      agentBegins("spawn_agent"),
      agentEnds("spawn_agent", { ...done, status: "running", cost_usd: 0 }),
      agentBegins("wait"),
      agentEnds("wait", { ...done, cost_usd: 0.0123 }),
      agentBegins("close_agent"),
      agentEnds("close_agent", { ...done, status: "shutdown", cost_usd: null }),
      agentBegins("send_input"),
      agentEnds("send_input"),
    ]);
    const lines = [
      "collab: SpawnAgent",
      "collab: Wait",
      `  ${AGENT} completed: 1,250 tokens, $0.0123`,
      "collab: CloseAgent",
      `  ${AGENT} shutdown: 1,250 tokens, price unknown`,
      "collab: SendInput",
      "collab: SendInput failed",
    ];
    expect((await run(session)).stderr).toBe(`${HEADER}${lines.join("\n")}\n`);
  });

  it("tells of a search when it begins and when it is known what for", async () => {
    const session = scripted([
      searches("item_started", "", { type: "other" }),
      searches("item_completed", "zod", { type: "search", query: "zod" }),
    ]);
    expect((await run(session)).stderr).toBe(`${HEADER}web search: \nweb search: zod\n`);
  });

  it("shows a whole turn on stderr and only the final message on stdout", async () => {
    const ls = ["bash", "-lc", "ls"];
    const session = scripted(
      [
        thinks(["think"]),
        begins("c1", ls),
        ends("c1", ls, { output: "a.txt\n" }),
        plans(1, "why"),
        patchBegins("p1"),
        patchEnds("p1", "completed"),
        uses(),
        says("all done"),
      ],
      complete("all done"),
    );
    const { stdout, stderr, outcome } = await run(session);
    expect(stderr).toBe(`${HEADER}think
exec
bash -lc ls in /repo
 succeeded in 1204ms:
a.txt

plan
why
  ✓ look
  → fix
  • check
apply patch
patch: completed
/repo/a.txt
/repo/b.txt
--- /repo/a.txt
+++ /repo/a.txt
@@ -1 +1 @@
-old
+new
--- /dev/null
+++ /repo/b.txt
@@ -0,0 +1,2 @@
+one
+two

codex
all done
tokens used
1,250
`);
    expect({ stdout, outcome }).toEqual({ stdout: "all done\n", outcome: "completed" });
  });

  it("says what the sandbox refused behind what the command printed", async () => {
    const output = "touch: /etc/x: Read-only file system\n";
    const session = scripted([
      ends("c1", ["touch", "/etc/x"], { exit_code: 1, status: "failed", output, denial: DENIAL }),
    ]);
    const { stderr } = await run(session);
    expect(stderr.slice(HEADER.length)).toBe(`exec
touch /etc/x in /repo
 exited 1 in 1204ms:
touch: /etc/x: Read-only file system
sandbox: probably: the sandbox (read-only) lets nothing be written (/etc/x); \
the user can allow it with -s workspace-write --add-dir /etc

`);
  });

  it("shows how failed and declined things ended", async () => {
    const session = scripted([
      ends("c1", ["false"], { exit_code: 3, status: "failed" }),
      ends("c2", ["rm", "x"], { exit_code: -1, status: "declined", output: "forbidden here" }),
      patchBegins("p1"),
      patchEnds("p1", "failed", "no such context"),
    ]);
    const { stderr } = await run(session);
    expect(stderr.slice(HEADER.length)).toBe(`exec
false in /repo
 exited 3 in 1204ms:

exec
rm x in /repo
 declined in 1204ms:
forbidden here

apply patch
patch: failed
/repo/a.txt
/repo/b.txt
no such context

`);
  });

  it("prints the final error once, whether or not an error event came before", async () => {
    const before = await run(scripted([{ type: "error", message: "no key" }], failure("no key")));
    const without = await run(scripted([], failure("no key")));
    expect(before.stderr).toBe(`${HEADER}ERROR: no key\n`);
    expect(without).toEqual({ outcome: "failed", stdout: "", stderr: `${HEADER}ERROR: no key\n` });
  });

  it("shows warnings, deprecations, reroutes and reconnects without failing", async () => {
    const session = scripted([
      { type: "warning", message: "careful" },
      { type: "deprecation_notice", summary: "old", details: "use new" },
      { type: "model_reroute", from_model: "a", to_model: "b", reason: "busy" },
      { type: "stream_error", message: "Reconnecting... 1/5", additional_details: "cut" },
    ]);
    const { stderr, outcome } = await run(session);
    expect(stderr.slice(HEADER.length)).toBe(
      "warning: careful\ndeprecated: old (use new)\nmodel rerouted: a -> b\nERROR: Reconnecting... 1/5\n",
    );
    expect(outcome).toBe("completed");
  });

  it("says that the turn was interrupted", async () => {
    const session = scripted([], { type: "turn_aborted", turn_id: TURN, reason: "interrupted" });
    expect(await run(session)).toEqual({ outcome: "interrupted", stdout: "", stderr: `${HEADER}turn interrupted\n` });
  });

  it("colours only when asked to", async () => {
    const session = () => scripted([ends("c1", ["false"], { exit_code: 1, status: "failed" })]);
    const plain = await run(session());
    const coloured = await run(session(), { colour: true });
    expect(plain.stderr).not.toContain("\u001b");
    expect(coloured.stderr).toContain("\u001b[31m exited 1 in 1204ms:\u001b[0m");
  });

  it("lets no control character of a command, a model or a file reach the terminal", async () => {
    const evil = "\u001b]0;title\u0007\u001b[2J\u001b[1;31mred\u0007\u009b5mC1\r\rover\u202Ewrite\u001bc";
    const session = scripted(
      [
        ends("c1", ["echo", evil], { output: evil }),
        says(evil),
        thinks([evil]),
        plans(0, evil),
        { type: "error", message: evil },
        { type: "warning", message: evil },
        { type: "stream_error", message: evil },
        {
          type: "patch_apply_end",
          call_id: callId("p"),
          turn_id: TURN,
          stdout: "",
          stderr: "",
          success: true,
          status: "completed",
          changes: { [evil]: { type: "add", content: evil } },
        },
      ],
      complete(evil),
    );
    const { stderr } = await run(session, { prompt: evil });
    expect(stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(stderr).toContain("redC1\noverwrite");
  });
});
