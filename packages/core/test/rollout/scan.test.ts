import { writeFileSync } from "node:fs";
import { temporaryFolder } from "@codex/test-support";
import { describe, expect, it } from "vitest";
import { newTail, scanFile } from "../../src/rollout/scan.js";
import { assistant, meta, numbered, user, written } from "./lines.js";

async function scan(content: string | Uint8Array, end?: number) {
  await using folder = await temporaryFolder("scan-");
  const file = `${folder.path}/a.jsonl`;
  writeFileSync(file, content);
  const tail = newTail();
  return { types: [...scanFile(file, tail, end === undefined ? {} : { end })].map(({ type }) => type), tail };
}

const good = [meta(), user("hi"), assistant("hello")];
const TYPES = ["session_meta", "response_item", "response_item"];

describe("reading a session file", () => {
  it("gives its records in order", async () => {
    expect(await scan(written(good))).toEqual({
      types: TYPES,
      tail: { mode: "legacy", next_ordinal: 0, ends_with_newline: true },
    });
  });

  it.each([
    ["blank lines", "\n\n  \n"],
    ["bad JSON", "{not json}\n"],
    ["no object", "[1]\n42\nnull\n"],
    ["no timestamp", '{"type":"event_msg","payload":{}}\n'],
    ["a timestamp that is a number", '{"timestamp":1,"type":"event_msg","payload":{}}\n'],
    ["no payload", '{"timestamp":"x","type":"event_msg"}\n'],
    ["an ordinal that is none", '{"timestamp":"x","ordinal":"7","type":"event_msg","payload":{}}\n'],
    ["a negative ordinal", '{"timestamp":"x","ordinal":-1,"type":"event_msg","payload":{}}\n'],
    ["NUL bytes", "\0\0\0\0\n"],
  ])("passes over %s, wherever it stands", async (_what, noise) => {
    const [first, ...rest] = good.map((each) => written([each]));
    expect((await scan(noise + (first ?? "") + noise + rest.join(noise) + noise)).types).toEqual(TYPES);
  });

  it("takes CRLF and bytes that are no UTF-8", async () => {
    const text = written(good).replaceAll("\n", "\r\n").replace("hi", "h\xff");
    expect((await scan(Buffer.from(text, "latin1"))).types).toEqual(TYPES);
  });

  it("says that the last line is torn, and reads it if it is whole", async () => {
    const whole = written(good);
    expect(await scan(whole.slice(0, -1))).toMatchObject({ types: TYPES, tail: { ends_with_newline: false } });
    expect(await scan(whole.slice(0, -9))).toMatchObject({
      types: TYPES.slice(0, 2),
      tail: { ends_with_newline: false },
    });
  });

  it("knows a file with ordinals and the next one, whatever their order", async () => {
    const lines = numbered([meta({ history_mode: "paginated" }), user("hi"), assistant("hello")]);
    const [first, second, third] = lines;
    const mixed = [first, third, second].flatMap((each) => each ?? []);
    expect((await scan(written(mixed))).tail).toMatchObject({ mode: "paginated", next_ordinal: 3 });
  });

  it("stops at a byte", async () => {
    const end = Buffer.byteLength(written(good.slice(0, 2)));
    expect((await scan(written(good), end)).types).toEqual(TYPES.slice(0, 2));
  });

  it("reads lines longer than any buffer", async () => {
    const long = user("ü".repeat(3_000_000));
    expect((await scan(written([meta(), long, assistant("end")]))).types).toEqual(TYPES);
  });
});
