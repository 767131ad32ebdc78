import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { sessionId } from "@codex/protocol";
import { manualClock, temporaryFolder } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { rolloutPath } from "../../src/rollout/files.js";
import { listSessions } from "../../src/rollout/list.js";
import { rebuild } from "../../src/rollout/rebuild.js";
import { createRolloutStore } from "../../src/rollout/store.js";
import { AT, ID, brief, context, meta, numbered, user, written } from "./lines.js";

/** A session_meta and the messages "one", "two", "three", packed by `zstd -19`. */
const PACKED = Buffer.from(
  "KLUv/QBo/QYA8k8vGVB3DrPbbLpya+WdjODMLM7MtNMHTmbKMSHAOELju7nqfhka39o9vXwGO0e52zTroc9aZ+3ay3ONO+xy" +
    "l2+qYtxZ1tmKGmt3w80B4/gpMAkhzNNz7UUWZi9vG+wI7Ona03M3V82iLO5e/uLuN5x++qy8gsylMswspiEFba0USIeiBAlj" +
    "azAhdTILMU8/WRfpp3qxsG6Xr7mzSLsWxo1P31uYL+/MOYU56Zy0IJqiCAgiSIpZnH7LasadWfliCgAVoEakY4hTab9TutC0" +
    "X5QIxHZ8hS3UOWaV+l2GKA==",
  "base64",
);
const SAID = ["user: one", "user: two", "user: three"];
const id = sessionId(ID);

async function packedSession(bytes: Uint8Array = PACKED) {
  const folder = await temporaryFolder("packed-");
  const plain = rolloutPath(folder.path, id, new Date(2026, 0, 2));
  mkdirSync(path.dirname(plain), { recursive: true });
  writeFileSync(`${plain}.zst`, bytes);
  utimesSync(`${plain}.zst`, 1_700_000_000, 1_700_000_000);
  const lock = (): Promise<boolean> => Promise.resolve(true);
  const home = (): Promise<string> => Promise.resolve(folder.path);
  return { folder, plain, store: createRolloutStore({ home, clock: manualClock(), lock }) };
}

describe("a packed session file", () => {
  it("is read as it stands", async () => {
    const { folder, plain, store } = await packedSession();
    await using _folder = folder;
    const { lines, meta: known } = await store.read(id);
    expect(brief(rebuild(lines).history)).toEqual(SAID);
    expect(known.cwd).toBe("/work");
    expect(readdirSync(path.dirname(plain))).toEqual([path.basename(`${plain}.zst`)]);
  });

  it("is unpacked when the session goes on, with its time kept", async () => {
    const { folder, plain, store } = await packedSession();
    await using _folder = folder;
    const { lines, log } = await store.load(id);
    expect(brief(rebuild(lines).history)).toEqual(SAID);
    expect(readdirSync(path.dirname(plain))).toEqual([path.basename(plain)]);
    expect(statSync(plain).mtimeMs).toBe(1_700_000_000_000);
    log.append({ type: "event_msg", payload: { type: "agent_message", message: "four" } });
    await log.close();
    const event = { timestamp: AT, type: "event_msg", payload: { type: "agent_message", message: "four" } };
    expect(readFileSync(plain, "utf8").trimEnd().split("\n").at(-1)).toBe(JSON.stringify(event));
  });

  it("is listed with its preview and directory", async () => {
    const { folder, plain } = await packedSession();
    await using _folder = folder;
    const listed = await listSessions(folder.path, {});
    expect(listed).toMatchObject([{ id, preview: "one", cwd: "/work", path: `${plain}.zst` }]);
  });

  it("does not count beside the plain one", async () => {
    const { folder, plain, store } = await packedSession();
    await using _folder = folder;
    writeFileSync(plain, written([meta(), context({ cwd: "/plain" }), user("newer")]));
    expect(brief(rebuild((await store.read(id)).lines).history)).toEqual(["user: newer"]);
    expect(await listSessions(folder.path, {})).toMatchObject([{ preview: "newer", cwd: "/plain" }]);
  });

  it("may be what another file continues, as far as a byte of what was packed", async () => {
    const { folder, plain, store } = await packedSession();
    await using _folder = folder;
    const before = written([meta(), user("one")]);
    const history_base = { thread_id: id, end_ordinal_exclusive: 2, end_byte_offset: Buffer.byteLength(before) };
    const own = numbered([meta({ history_mode: "paginated", history_base }), user("four")]);
    writeFileSync(plain.replace(".jsonl", "_01890a5d-ac96-774b-bcce-b302099a8058.jsonl"), written(own));
    expect(brief(rebuild((await store.read(id)).lines).history)).toEqual(["user: one", "user: four"]);
  });

  it.each([
    ["cut short", PACKED.subarray(0, PACKED.length - 9)],
    ["no zstd at all", Buffer.from("not packed, whatever its name says")],
  ])("that is %s is refused with what to do, and stays as it is", async (_name, bytes) => {
    const { folder, plain, store } = await packedSession(bytes);
    await using _folder = folder;
    const loaded = store.load(id);
    await expect(loaded).rejects.toMatchObject({ code: "file_error" });
    await expect(loaded).rejects.toThrow("zstd -dc");
    expect(readFileSync(`${plain}.zst`)).toEqual(Buffer.from(bytes));
    expect(existsSync(plain)).toBe(false);
    expect(readdirSync(path.dirname(plain))).toHaveLength(1);
    expect(await listSessions(folder.path, {})).toBeInstanceOf(Array);
  });
});
