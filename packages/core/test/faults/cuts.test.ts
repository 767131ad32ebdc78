import { frame } from "@codex/test-support";
import type { Reply } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import type { FaultRun } from "./run.js";
import { continuing, faultRun, LAST, repeating, STREAM, STREAM_BYTES, UNHARMED } from "./run.js";

/** The long form, `CODEX_CUTS=200`: that many random places besides the event boundaries. */
const CUTS = Number(process.env["CODEX_CUTS"] ?? 12);

const SERVERS = { repeating, continuing };

function cutAt(bytes: number): Reply {
  return { type: "stream", events: STREAM, cut_after_bytes: bytes, ending: bytes % 2 === 0 ? "end" : "reset" };
}

/** Mulberry32: the same places every time. */
function places(count: number, seed = 6): readonly number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % STREAM_BYTES;
  });
}

const whole = faultRun(repeating());

async function expectUnharmed(run: FaultRun): Promise<void> {
  const { said, outputs } = await whole;
  expect(run).toMatchObject({ ...UNHARMED, said, outputs });
}

it("the turn without a fault does everything once", async () => {
  const run = await whole;
  expect(run).toMatchObject({ ...UNHARMED, notices: [], requests: 2 });
  expect(run.said).toHaveLength(6);
  expect(Object.keys(run.outputs).sort()).toEqual(["call_a", "call_b", "call_p"]);
});

describe.each(["repeating", "continuing"] as const)(
  "a stream cut, then a %s server: nothing lost, nothing twice",
  (server) => {
    let boundary = 0;
    const boundaries = STREAM.slice(0, -1).map((event) => (boundary += Buffer.byteLength(frame(event))));

    it.each([0, ...boundaries])("at the event boundary %i", { timeout: 60_000 }, async (bytes) => {
      const run = await faultRun(SERVERS[server](cutAt(bytes)));
      await expectUnharmed(run);
      expect(run.notices).toEqual(["Reconnecting... 1/5"]);
    });

    it.each(places(CUTS))("at byte %i", { timeout: 60_000 }, async (bytes) => {
      await expectUnharmed(await faultRun(SERVERS[server](cutAt(bytes))));
    });
  },
);

it("five cuts in a row leave the turn whole", async () => {
  const fifth = Math.floor(STREAM_BYTES / 6);
  const cuts = [1, 2, 3, 4, 5].map((part) => cutAt(part * fifth));
  const run = await faultRun(repeating(...cuts));
  await expectUnharmed(run);
  expect(run.notices).toHaveLength(5);
});

it("a last message that came whole before a cut is the turn's last message, and comes once", async () => {
  const broken: Reply = { type: "stream", events: LAST, cut_after_events: 1 };
  const run = await faultRun({ replies: [STREAM, broken, LAST] });
  await expectUnharmed(run);
});
