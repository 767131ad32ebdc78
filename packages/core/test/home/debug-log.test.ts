import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sessionId, turnId, type EventMsg } from "@codex/protocol";
import { afterEach, beforeEach, expect, it } from "vitest";
import { debugLogs } from "../../src/home/debug-log.js";
import { systemClock } from "../../src/system-clock.js";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "codex-log-"));
});

afterEach(() => rm(folder, { recursive: true }));

const session = sessionId("0198c0de-0000-7000-8000-000000000001");
const started: EventMsg = { type: "task_started", turn_id: turnId("1"), model_context_window: null };

async function log(level: string | undefined, ...messages: readonly EventMsg[]): Promise<string> {
  const [sink] = debugLogs({ level, folder: join(folder, "log"), session, secrets: ["my-secret"], clock: systemClock });
  for (const message of messages) sink?.write({ id: "1", msg: message });
  await sink?.close();
  return readFile(join(folder, "log", "codex.log"), "utf8").catch(() => "");
}

it("writes nothing unless it is asked to, and refuses a level that does not exist", async () => {
  expect(await log(undefined, started)).toBe("");
  expect(() => debugLogs({ level: "loud", folder, session, secrets: [], clock: systemClock })).toThrow(
    "CODEX_LOG=loud: expected one of off, info, debug, trace",
  );
});

it("writes one line an event, for the owner only, without secrets", async () => {
  const key = `sk-${"a1".repeat(12)}`;
  const text = await log("info", started, { type: "warning", message: `my-secret ${key}` });
  expect(text.trimEnd().split("\n")).toEqual([
    expect.stringContaining("task_started"),
    expect.stringContaining("[redacted] [redacted]"),
  ]);
  expect(text).not.toContain("my-secret");
  expect((await stat(join(folder, "log", "codex.log"))).mode & 0o777).toBe(0o600);
});

it("cuts long events, and begins another file when one is full", async () => {
  expect((await log("debug", { type: "warning", message: "x".repeat(10_000) })).length).toBeLessThan(5000);
  await writeFile(join(folder, "log", "codex.log"), "x".repeat(8 * 1024 * 1024));
  expect((await log("info", started)).length).toBeLessThan(500);
  expect((await stat(join(folder, "log", "codex.log.1"))).size).toBe(8 * 1024 * 1024);
});
