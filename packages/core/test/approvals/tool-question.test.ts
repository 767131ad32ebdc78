import type { AskForApproval, SandboxPolicy, ToolContext } from "@codex/protocol";
import { callId } from "@codex/protocol";
import { ev, mockProviderConfig, startResponsesServer, temporaryFolder, temporaryHome } from "@codex/test-support";
import * as z from "zod/mini";
import { describe, expect, it } from "vitest";
import { createCodex } from "../../src/compose.js";
import { defineTool, embeddedTools } from "../../src/tools/embedded.js";
import { createGuards } from "../../src/tools/guard.js";
import { testApprovals } from "../support/approvals.js";
import { WORKSPACE_WRITE } from "../support/engine.js";
import { testTurn } from "../support/turn.js";

type Hints = NonNullable<Parameters<typeof defineTool>[0]["asks"]>["hints"];
const SILENT: Hints = {};
const GRANULAR: AskForApproval = { granular: { sandbox_approval: true, rules: true, mcp_elicitations: false } };

type Scene = { approval?: AskForApproval; sandbox?: SandboxPolicy; choose?: string };

/** A tool of a server, called as often as `calls` says. */
async function call(hints: Hints, { approval = "on-request", sandbox = WORKSPACE_WRITE, choose }: Scene, calls = 1) {
  const turn = testTurn({
    settings: { approval_policy: approval, sandbox_policy: sandbox },
    ...(choose === undefined ? {} : { choose }),
  });
  const aborted: unknown[] = [];
  const guards = createGuards({
    turn,
    ...testApprovals(),
    announceRule: () => undefined,
    abortTurn: (reason) => void aborted.push(reason),
  });
  let ran = 0;
  const definition = defineTool({
    name: "send_mail",
    description: "Sends mail.",
    parameters: z.object({}),
    asks: { server: "mail", hints },
    run: () => Promise.resolve(`sent ${(ran += 1)}`),
  });
  const [tool] = await embeddedTools([definition]).tools(turn);
  const outputs: string[] = [];
  for (let count = 1; count <= calls; count += 1) {
    const context: ToolContext = { turn, guard: guards.forCall(callId(`c${count}`)), signal: turn.signal };
    const made = await tool?.invoke(
      { call_id: callId(`c${count}`), name: "send_mail", kind: "function", text: "{}" },
      context,
    );
    outputs.push(...(made?.content ?? []).map((part) => (part.type === "input_text" ? part.text : "")));
  }
  return { outputs, choices: turn.choices, aborted: aborted.length };
}

describe("a tool of a server", () => {
  it.each<[string, Hints, number]>([
    ["says nothing of itself", SILENT, 1],
    ["only reads", { read_only: true }, 0],
    ["only reads, it says, and destroys", { read_only: true, destructive: true }, 1],
    ["destroys nothing", { destructive: false }, 1],
    ["destroys nothing and stays in its own world", { destructive: false, open_world: false }, 0],
    ["stays in its own world", { open_world: false }, 1],
    ["does not only read", { read_only: false, destructive: false, open_world: false }, 0],
  ])("that %s: asked about %#", async (_what, hints, questions) => {
    const { choices, outputs } = await call(hints, { choose: "Allow" });
    expect([choices.length, outputs]).toEqual([questions, ["sent 1"]]);
  });

  it("is asked about with answers to choose from, and by the answer runs or does not", async () => {
    const { choices } = await call(SILENT, { choose: "Allow" });
    expect(choices).toEqual([
      {
        call_id: "c1",
        turn_id: "turn-1",
        questions: [
          {
            id: "approval",
            header: "Tool call",
            question: "May mail run its tool send_mail? (mail/send_mail does not say that it changes nothing)",
            isOther: false,
            isSecret: false,
            options: [
              { label: "Allow", description: "This call only." },
              { label: "Allow for this session", description: "This tool is not asked about again." },
              { label: "Decline", description: "The call is not made." },
              { label: "Stop", description: "The call is not made, and the turn ends." },
            ],
          },
        ],
      },
    ]);
    const no = "tool call rejected by user";
    expect((await call(SILENT, { choose: "Allow" }, 2)).choices).toHaveLength(2);
    expect(await call(SILENT, { choose: "Allow for this session" }, 2)).toMatchObject({
      outputs: ["sent 1", "sent 2"],
      choices: [{ call_id: "c1" }],
    });
    expect(await call(SILENT, { choose: "Decline" })).toMatchObject({ outputs: [no], aborted: 0 });
    expect(await call(SILENT, { choose: "whatever" })).toMatchObject({ outputs: [no] });
    expect(await call(SILENT, {})).toMatchObject({ outputs: [no] });
    expect(await call(SILENT, { choose: "Stop" })).toMatchObject({
      outputs: ["tool call rejected by user, who stopped the turn"],
      aborted: 1,
    });
  });

  it.each<[string, AskForApproval]>([
    ["never", "never"],
    ["granular", GRANULAR],
  ])("under %s is refused with both reasons, unless nothing is held back", async (_name, approval) => {
    const { outputs, choices } = await call(SILENT, { approval });
    expect(choices).toEqual([]);
    expect(outputs[0]).toMatch(
      /^tool call rejected: mail\/send_mail does not say .*; approval required by policy, but /,
    );
    expect(await call(SILENT, { approval, sandbox: { type: "danger-full-access" } })).toEqual({
      outputs: ["sent 1"],
      choices: [],
      aborted: 0,
    });
  });
});

it("a source that an embedder gives is asked about in a real session, and ends with it", async () => {
  await using server = await startResponsesServer();
  const config = `approval_policy = "on-request"\nsandbox_mode = "read-only"\n${mockProviderConfig(server.url, "gpt-5.5")}`;
  await using home = await temporaryHome({ config });
  await using folder = await temporaryFolder("codex-tools-");
  const said: string[] = [];
  const tool = defineTool({
    name: "mail__send",
    description: "Sends mail.",
    parameters: { type: "object", properties: { to: { type: "string" } }, required: ["to"] },
    asks: { server: "mail", hints: {} },
    run: (args) => Promise.resolve(`sent ${JSON.stringify(args)}`),
    close: async () => void said.push("closed"),
  });
  {
    const env = { PATH: process.env["PATH"], HOME: home.path, CODEX_HOME: home.path, CODEX_API_KEY: "k" };
    await using codex = createCodex({ env, sources: () => Promise.resolve([embeddedTools([tool])]) });
    await using session = await codex.open({ type: "new", settings: { cwd: folder.path }, ephemeral: true });
    server.answer(
      [ev.call("c1", "mail__send", { to: "a" }), ev.call("c2", "mail__send", {}), ev.completed()],
      [ev.message("done"), ev.completed()],
    );
    session.submit({ type: "user_input", items: [{ type: "text", text: "go" }] });
    for await (const { msg } of session.events) {
      if (msg.type === "request_user_input") {
        said.push(`asked ${msg.call_id}`);
        const answers = { approval: { answers: ["Allow"] } };
        session.submit({ type: "user_input_answer", id: msg.turn_id, response: { answers } });
      }
      if (msg.type === "task_complete") session.submit({ type: "shutdown" });
    }
  }
  expect(said).toEqual(["asked c1", "closed"]);
  expect(server.outputOf("c1")).toBe('sent {"to":"a"}');
  expect(server.outputOf("c2")).toMatch(/^failed to parse function arguments: `to`: /);
});
