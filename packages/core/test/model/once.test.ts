import { CodexError } from "@codex/common";
import { collectFailing, say, scriptedModel } from "@codex/test-support";
import type { ModelStep } from "@codex/test-support";
import type { ModelEvent } from "@codex/protocol";
import { expect, it } from "vitest";
import { deliverOnce } from "../../src/model/once.js";
import { never, PROMPT, SESSION, SETTINGS, TURN } from "./fixture.js";

const CUT = new CodexError("stream_disconnected", "cut", { retry: "backoff" });

async function heard(...steps: readonly ModelStep[]): Promise<(readonly ModelEvent[])[]> {
  const client = deliverOnce(scriptedModel(steps).client(SETTINGS, { session: SESSION, turn: TURN }));
  const all: (readonly ModelEvent[])[] = [];
  for (const _ of steps) all.push((await collectFailing(client.stream(PROMPT, never()))).items);
  return all;
}

const CALL = say.call("c", "shell", { cmd: "ls" });

it("after a broken stream, what comes again is dropped, growing included; a dropped call makes the step go on", async () => {
  const whole = [...say.message("hi"), CALL];
  const [, second] = await heard({ events: whole, error: CUT }, [...whole, ...say.message("more", "msg_2")]);
  expect(second).toEqual([...say.message("more", "msg_2"), say.completed({ continues: true })]);
});

it("a message that comes again does not make the step go on", async () => {
  const [, second] = await heard({ events: say.message("hi"), error: CUT }, say.message("hi"));
  expect(second).toEqual([say.completed()]);
});

it("another call under the same id is another call", async () => {
  const other = say.call("c", "shell", { cmd: "pwd" });
  const [, second] = await heard({ events: [CALL], error: CUT }, [other]);
  expect(second).toEqual([other, say.completed()]);
});

it("a new step may use an id again: many local servers count from zero each time", async () => {
  const [first, second] = await heard([CALL], [CALL]);
  expect(first).toEqual([CALL, say.completed()]);
  expect(second).toEqual(first);
});

it("items without an id are never taken for each other", async () => {
  const bare: ModelEvent = { type: "item_done", item: { type: "message", role: "assistant", content: [] } };
  expect(await heard([bare, bare])).toEqual([[bare, bare, say.completed()]]);
});
