import { CodexError } from "@codex/common";
import { collectFailing, manualClock, say, scriptedModel, temporaryFolder } from "@codex/test-support";
import type { ModelStep } from "@codex/test-support";
import type { ModelEvent, ModelProvider, Prompt, ResponseItem } from "@codex/protocol";
import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createRecording, readRecording } from "../../src/home/recording-file.js";
import { createRecorder } from "../../src/model/record.js";
import { decodeRecording } from "../../src/model/recording.js";
import { replayModels } from "../../src/model/replay.js";
import type { Fork } from "../../src/model/replay.js";
import { never, SESSION, SETTINGS, TURN } from "./fixture.js";

const THERE = { home: "/home/ada", temporary: "/tmp" };
const HERE = { home: "/root", temporary: "/var/tmp" };

function user(text: string): ResponseItem {
  return { type: "message", role: "user", content: [{ type: "input_text", text }] };
}

function output(call_id: string, text: string): ResponseItem {
  return { type: "function_call_output", call_id, output: text };
}

function prompt(...input: ResponseItem[]): Prompt {
  return { instructions: "Be brief.", input, tools: [] };
}

function asking(models: ModelProvider, cwd: string) {
  const client = models.client({ ...SETTINGS, cwd }, { session: SESSION, turn: TURN });
  return (question: Prompt) => collectFailing(client.stream(question, never()));
}

const CALL = say.call("call_1", "exec_command", { cmd: "cat /tmp/demo/repo/a.txt", workdir: "/tmp/demo/repo" });
const SPLIT: readonly ModelEvent[] = ["see /tmp/de", "mo/repo/a", ".txt"].map((delta) => ({
  type: "text_delta",
  item_id: "msg_1",
  delta,
}));
const SECRET = "sk-live-0123456789abcdef";
const SECOND: readonly ModelEvent[] = [
  ...SPLIT,
  ...say.message("see /tmp/demo/repo/a.txt").slice(2),
  ...say.reasoning(`the key is ${SECRET}`).slice(2),
  say.completed(),
];

function itemsOf(events: readonly ModelEvent[]): ResponseItem[] {
  return events.flatMap((event) => (event.type === "item_done" ? [event.item] : []));
}

const RUN = { id: "01890000-0000-7000-8000-00000000000a", started_at: 1_000_000 };

function recording(models: ModelProvider, append: (line: string) => void, clock = manualClock({ start: 1_000_000 })) {
  return createRecorder({ scope: THERE, run: RUN, clock, append }).wrap(models);
}

function replayOf(lines: readonly string[], fork?: Fork) {
  return replayModels(decodeRecording(lines.join("\n")), HERE, fork);
}

/** Two requests of a session in /tmp/demo/repo: a call and its output, then a message. */
async function recorded(steps: readonly ModelStep[] = [[CALL, say.completed()], SECOND]): Promise<string[]> {
  const lines: string[] = [];
  const clock = manualClock({ start: 1_000_000 });
  const models = recording(scriptedModel(steps), (line) => void lines.push(line), clock);
  const ask = asking(models, "/tmp/demo/repo");
  clock.advance(20);
  await ask(prompt(user("hi from Ada")));
  clock.advance(2000);
  await ask(prompt(user("hi from Ada"), ...itemsOf([CALL]), output("call_1", `Wall time: 0.1 seconds\n${SECRET}`)));
  return lines;
}

/** What the same session asks in /work/copy. */
const LOCAL_CALL = say.call("call_1", "exec_command", { cmd: "cat /work/copy/a.txt", workdir: "/work/copy" });

function second(text: string, command = "cat /work/copy/a.txt"): Prompt {
  const call = say.call("call_9", "exec_command", { cmd: command, workdir: "/work/copy" });
  return prompt(user("hello from Bo"), ...itemsOf([call]), output("call_9", text));
}

it("replays the model's words in another place, with its paths", async () => {
  const models = replayOf(await recorded());
  expect([models.model, models.remaining]).toEqual(["gpt-5", 2]);
  const ask = asking(models, "/work/copy");
  expect((await ask(prompt(user("hello from Bo")))).items).toEqual([LOCAL_CALL, say.completed()]);
  const { items, error } = await ask(second(`Wall time: 7.25 seconds\n${SECRET}`));
  expect(error).toBeUndefined();
  expect(items).toEqual([
    { type: "text_delta", item_id: "msg_1", delta: "see /work/copy/a.txt" },
    ...say.message("see /work/copy/a.txt").slice(2),
    {
      type: "item_done",
      item: {
        type: "reasoning",
        id: "rs_1",
        summary: [{ type: "summary_text", text: "the key is [redacted]" }],
        encrypted_content: null,
      },
    },
    say.completed(),
  ]);
  models.finish();
});

it("leaves secrets, places and the words of people out of the recording", async () => {
  const text = (await recorded()).join("\n");
  for (const secret of [SECRET, "Ada", "/tmp", "/home/ada", 'encrypted"', "Be brief"]) {
    expect(text).not.toContain(secret);
  }
  expect(text.split("\n")[0]).toBe(
    '{"type":"codex_recording","version":1,"run":{"id":"01890000-0000-7000-8000-00000000000a","started_at":1000000}}',
  );
});

it.each([
  [
    "another output",
    second("Wall time: 1 seconds\nother"),
    'item 3 (function_call_output), field output, line 2: recorded "…", now "…"',
  ],
  [
    "another argument",
    second(SECRET, "rm a.txt"),
    'item 2 (function_call exec_command), field arguments.cmd: recorded "…", now "…"',
  ],
  [
    "one item more",
    prompt(...second(SECRET).input, user("x")),
    "item 3 (function_call_output), field output, line 1: recorded",
  ],
  ["an item less", prompt(user("x")), "item 2 (function_call exec_command) is missing"],
  ["another role", prompt(output("c", "x")), "item 1 is function_call_output, recorded was message of user"],
])("a request with %s fails and says where", async (_, question, where) => {
  const models = replayOf(await recorded());
  const ask = asking(models, "/work/copy");
  await ask(prompt(user("x")));
  const { error } = await ask(question);
  expect(error).toMatchObject({ code: "replay_mismatch", retry: "no" });
  const told = String(error).replaceAll(/"(?:[^"\\]|\\.)*"/g, '"…"');
  expect(told).toContain(`request 2 of 2 differs: ${where}`);
  models.finish();
});

it("tells the recorded time of each request, and no time when the recording has none", async () => {
  const lines = await recorded();
  const models = replayOf(lines);
  const ask = asking(models, "/work/copy");
  const times = [models.now];
  await ask(prompt(user("x")));
  times.push(models.now);
  await ask(second(`Wall time: 1 seconds\n${SECRET}`));
  expect([...times, models.now]).toEqual([1_000_000, 1_000_020, 1_002_020]);
  expect(replayOf(['{"type":"codex_recording","version":1}', ...lines.slice(1)]).now).toBeUndefined();
});

it("goes on live after the steps it was told to replay, and not before", async () => {
  const live = scriptedModel([say.message("live")], { max_retries: 9 });
  const models = replayOf(await recorded(), { steps: 1, live });
  const client = models.client({ ...SETTINGS, cwd: "/work/copy" }, { session: SESSION, turn: TURN });
  expect([client.info.slug, client.max_retries, models.remaining]).toEqual(["gpt-5", 5, 1]);
  await collectFailing(client.stream(prompt(user("x")), never()));
  expect([client.info.slug, client.max_retries, models.remaining]).toEqual(["scripted", 9, 0]);
  const asked = second("anything else");
  expect((await collectFailing(client.stream(asked, never()))).items).toEqual([
    ...say.message("live"),
    say.completed(),
  ]);
  expect([live.prompts, models.now]).toEqual([[asked], undefined]);
  models.finish();
});

it("keeps to the recording up to the fork", async () => {
  const models = replayOf(await recorded(), { steps: 2, live: scriptedModel([]) });
  const ask = asking(models, "/work/copy");
  await ask(prompt(user("x")));
  expect((await ask(second("other"))).error).toMatchObject({ code: "replay_mismatch" });
});

it.each([-1, 3, 1.5])("refuses to fork after %s of two requests", async (steps) => {
  const lines = await recorded();
  expect(() => replayOf(lines, { steps, live: scriptedModel([]) })).toThrow("go on live after 0 to 2 requests");
});

it("fails for one request too many, and at the end for one too few", async () => {
  const models = replayOf((await recorded()).slice(0, 2));
  expect(() => models.finish()).toThrow("1 of its 1 requests were never asked for");
  const ask = asking(models, "/work/copy");
  await ask(prompt(user("x")));
  models.finish();
  expect((await ask(prompt(user("x")))).error).toMatchObject({ code: "replay_exhausted", retry: "no" });
});

it("replays how a stream failed", async () => {
  const broken = new CodexError("rate_limited", `slow down, ${SECRET}`, { retry: { after_ms: 5 }, status: 429 });
  const lines = await recorded([{ events: say.message("part"), error: broken }, []]);
  const ask = asking(replayOf(lines), "/work/copy");
  const { items, error } = await ask(prompt(user("x")));
  expect(items).toEqual(say.message("part"));
  expect(error).toMatchObject({
    code: "rate_limited",
    message: "slow down, [redacted]",
    retry: { after_ms: 5 },
    status: 429,
  });
});

it("records nothing of a stream that was aborted or left", async () => {
  const lines: string[] = [];
  const controller = new AbortController();
  const steps = [say.message("hi"), say.message("hi")];
  const models = recording(scriptedModel(steps), (line) => void lines.push(line));
  const client = models.client(SETTINGS, { session: SESSION, turn: TURN });
  for await (const _ of client.stream(prompt(), controller.signal)) break;
  for await (const _ of client.stream(prompt(), controller.signal)) {
    controller.abort(new Error("stop"));
    break;
  }
  expect(lines).toHaveLength(1);
});

it.each([
  ["an empty file", "", "line 1 of the recording: this is not a recording"],
  ["another version", '{"type":"codex_recording","version":2}', "version 2 is not 1"],
  [
    "a torn line",
    '{"type":"codex_recording","version":1}\n{"type":"requ',
    "line 2 of the recording: it holds no request",
  ],
  [
    "an unknown event",
    '{"type":"codex_recording","version":1}\n{"type":"request","model":"m","keep":0,"events":[{"type":"?"}]}',
    "line 2 of the recording: the event ? is unknown",
  ],
])("refuses %s", (_, text, message) => {
  expect(() => decodeRecording(text)).toThrow(expect.objectContaining({ code: "recording_invalid" }));
  expect(() => decodeRecording(text)).toThrow(message);
});

it("keeps a recording in a file of its owner, and says why it cannot", async () => {
  await using folder = await temporaryFolder("codex-recording-");
  const path = join(folder.path, "a.jsonl");
  const file = createRecording(path);
  for (const line of await recorded()) file.append(line);
  file.close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(replayOf([readRecording(path)]).remaining).toBe(2);
  const missing = join(folder.path, "none/a.jsonl");
  expect(() => readRecording(missing)).toThrow(expect.objectContaining({ code: "file_error" }));
  expect(() => createRecording(missing)).toThrow(`${missing} cannot be written: no such file or directory.`);
});
