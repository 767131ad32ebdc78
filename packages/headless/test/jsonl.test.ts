import { describe, expect, it } from "vitest";
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
import { runJson } from "./run-exec.js";

const LS = ["bash", "-lc", "ls -la"];

describe("--json (core.md §6.5, live.md §2)", () => {
  it("tells of calls to sub-agents as the real one does, and of what each has used", async () => {
    const running = { status: "running", message: null, usage: USAGE, cost_usd: null } as const;
    const done = { status: "completed", message: "found it", usage: USAGE, cost_usd: 0.5 } as const;
    const session = scripted([
      agentBegins("spawn_agent"),
      agentEnds("spawn_agent", running),
      agentBegins("wait", running),
      agentEnds("wait", done),
      agentBegins("spawn_agent"),
      agentEnds("spawn_agent"),
    ]);
    const { events } = await runJson(session);
    const call = { type: "collab_tool_call", sender_thread_id: THREAD };
    const spawn = { ...call, tool: "spawn_agent", prompt: "look around" };
    const wait = { ...call, tool: "wait", receiver_thread_ids: [AGENT], prompt: null };
    const none = { receiver_thread_ids: [], agents_states: {} };
    const one = { receiver_thread_ids: [AGENT], agents_states: { [AGENT]: running } };
    expect(events.slice(2, -1)).toEqual([
      { type: "item.started", item: { id: "item_0", ...spawn, ...none, status: "in_progress" } },
      { type: "item.completed", item: { id: "item_0", ...spawn, ...one, status: "completed" } },
      { type: "item.started", item: { id: "item_1", ...wait, ...one, status: "in_progress" } },
      {
        type: "item.completed",
        item: { id: "item_1", ...wait, agents_states: { [AGENT]: done }, status: "completed" },
      },
      { type: "item.started", item: { id: "item_2", ...spawn, ...none, status: "in_progress" } },
      { type: "item.completed", item: { id: "item_2", ...spawn, ...none, status: "failed" } },
    ]);
  });

  it("writes a whole turn as one event a line, with items numbered in order of first appearance", async () => {
    const session = scripted(
      [
        { type: "warning", message: "unknown model" },
        thinks(["first", "second"]),
        begins("c1", LS),
        ends("c1", LS, { output: "a.txt\n" }),
        plans(0),
        plans(1),
        patchBegins("p1"),
        patchEnds("p1", "completed"),
        uses(),
        says("done"),
      ],
      complete("done"),
    );
    const { events, outcome, stderr } = await runJson(session);
    const command = { id: "item_2", type: "command_execution", command: "bash -lc 'ls -la'" };
    const todo = (done: number) => ({
      id: "item_3",
      type: "todo_list",
      items: ["look", "fix", "check"].map((text, index) => ({ text, completed: index < done })),
    });
    const changes = [
      { path: "/repo/a.txt", kind: "update" },
      { path: "/repo/b.txt", kind: "add" },
    ];
    expect(events).toEqual([
      { type: "thread.started", thread_id: THREAD },
      { type: "turn.started" },
      { type: "item.completed", item: { id: "item_0", type: "error", message: "unknown model" } },
      { type: "item.completed", item: { id: "item_1", type: "reasoning", text: "first\nsecond" } },
      { type: "item.started", item: { ...command, aggregated_output: "", exit_code: null, status: "in_progress" } },
      { type: "item.completed", item: { ...command, aggregated_output: "a.txt\n", exit_code: 0, status: "completed" } },
      { type: "item.started", item: todo(0) },
      { type: "item.updated", item: todo(1) },
      { type: "item.started", item: { id: "item_4", type: "file_change", changes, status: "in_progress" } },
      { type: "item.completed", item: { id: "item_4", type: "file_change", changes, status: "completed" } },
      { type: "item.completed", item: { id: "item_5", type: "agent_message", text: "done" } },
      { type: "item.completed", item: todo(1) },
      {
        type: "turn.completed",
        usage: {
          input_tokens: 1500,
          cached_input_tokens: 500,
          cache_write_input_tokens: 10,
          output_tokens: 250,
          reasoning_output_tokens: 30,
        },
      },
    ]);
    expect({ outcome, stderr }).toEqual({ outcome: "completed", stderr: "" });
  });

  it("tells what the sandbox refused as a field of the item, and has no such field otherwise", async () => {
    const failed = { exit_code: 1, status: "failed" } as const;
    const session = scripted([
      ends("c1", ["touch", "/etc/x"], { ...failed, denial: DENIAL }),
      ends("c2", ["false"], failed),
      patchEnds("p1", "failed", "", DENIAL),
    ]);
    const { events } = await runJson(session);
    const denied = { status: "failed", denial: DENIAL };
    expect(events.slice(2, -1)).toMatchObject([
      { item: { type: "command_execution", ...denied } },
      { item: { type: "command_execution", status: "failed" } },
      { type: "item.completed", item: { type: "file_change", ...denied } },
    ]);
    expect(JSON.stringify(events[3])).not.toContain("denial");
  });

  it("shows a search of the model's server from its start to its end", async () => {
    const action = { type: "search", query: "zod", queries: ["zod", "zod 4"] } as const;
    const session = scripted([
      searches("item_started", "", { type: "other" }),
      searches("item_completed", "zod", action),
      searches("item_started", "http://u", { type: "open_page", url: "http://u" }),
    ]);
    const { events } = await runJson(session);
    const item = { id: "item_0", type: "web_search" };
    expect(events.slice(2, -1)).toEqual([
      { type: "item.started", item: { ...item, query: "", action: { type: "other" } } },
      { type: "item.completed", item: { ...item, query: "zod", action } },
      {
        type: "item.started",
        item: { ...item, id: "item_1", query: "http://u", action: { type: "open_page", url: "http://u" } },
      },
    ]);
  });

  it("shows a failed, a declined and a never begun command as items", async () => {
    const session = scripted([
      begins("c1", ["false"]),
      begins("c2", ["rm", "-rf", "it's"]),
      ends("c2", ["rm", "-rf", "it's"], { exit_code: -1, status: "declined", output: "not allowed" }),
      ends("c1", ["false"], { exit_code: 1, status: "failed" }),
      ends("c3", ["true"]),
    ]);
    const { events } = await runJson(session);
    expect(events.slice(4, -1)).toEqual([
      {
        type: "item.completed",
        item: {
          id: "item_1",
          type: "command_execution",
          command: `rm -rf "it's"`,
          aggregated_output: "not allowed",
          exit_code: -1,
          status: "declined",
        },
      },
      {
        type: "item.completed",
        item: {
          id: "item_0",
          type: "command_execution",
          command: "false",
          aggregated_output: "",
          exit_code: 1,
          status: "failed",
        },
      },
      {
        type: "item.completed",
        item: {
          id: "item_2",
          type: "command_execution",
          command: "true",
          aggregated_output: "",
          exit_code: 0,
          status: "completed",
        },
      },
    ]);
  });

  it("shows a declined patch as a failed file change", async () => {
    const { events } = await runJson(scripted([patchBegins("p1"), patchEnds("p1", "declined")]));
    expect(events[3]).toMatchObject({ type: "item.completed", item: { id: "item_0", status: "failed" } });
  });

  it("writes reconnect notices as error lines that do not change the outcome", async () => {
    const notice = { type: "stream_error", message: "Reconnecting... 1/5", additional_details: "cut" } as const;
    const { events, outcome } = await runJson(scripted([notice, says("hi")], complete("hi")));
    expect(events[2]).toEqual({ type: "error", message: "Reconnecting... 1/5 (cut)" });
    expect(outcome).toBe("completed");
  });

  it("writes an error line, closes the plan and then says turn.failed", async () => {
    const session = scripted([plans(0), { type: "error", message: "no key" }], failure("no key"));
    const { events, outcome } = await runJson(session);
    expect(events.slice(3)).toMatchObject([
      { type: "error", message: "no key" },
      { type: "item.completed", item: { id: "item_0", type: "todo_list" } },
      { type: "turn.failed", error: { message: "no key" } },
    ]);
    expect(outcome).toBe("failed");
  });

  it("says nothing about the end of an interrupted turn", async () => {
    const session = scripted([begins("c1", LS)], { type: "turn_aborted", turn_id: TURN, reason: "interrupted" });
    const { events, outcome } = await runJson(session);
    expect(events).toHaveLength(3);
    expect(outcome).toBe("interrupted");
  });

  it("leaves blank reasoning out and keeps an empty message", async () => {
    const { events } = await runJson(scripted([thinks([" ", ""]), says("")], complete("")));
    expect(events.slice(2, -1)).toEqual([
      { type: "item.completed", item: { id: "item_0", type: "agent_message", text: "" } },
    ]);
  });

  it("counts no tokens as zeros and keeps raw control characters inside JSON", async () => {
    const session = scripted([ends("c1", ["x"], { output: "\u001b[31mred\r\n" })]);
    const { events } = await runJson(session);
    expect(events[2]).toMatchObject({ item: { aggregated_output: "\u001b[31mred\r\n" } });
    expect(events.at(-1)).toMatchObject({ usage: { input_tokens: 0, output_tokens: 0 } });
  });

  it("shows deprecations and reroutes as error items", async () => {
    const { events } = await runJson(
      scripted([
        { type: "deprecation_notice", summary: "old key", details: "use the new one" },
        { type: "model_reroute", from_model: "a", to_model: "b", reason: "busy" },
      ]),
    );
    expect(events.slice(2, -1)).toEqual([
      { type: "item.completed", item: { id: "item_0", type: "error", message: "old key (use the new one)" } },
      { type: "item.completed", item: { id: "item_1", type: "error", message: "model rerouted: a -> b (busy)" } },
    ]);
  });
});
