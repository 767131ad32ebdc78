import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { PROMPT_LIMIT, readPrompt } from "../src/prompt.js";
import type { StandardInput } from "../src/standard-input.js";

const NOTE = "Reading additional input from stdin...\n";
const signal = new AbortController().signal;

function pipe(text: string, kind: StandardInput["kind"] = "pipe"): StandardInput {
  const stream = new PassThrough();
  stream.end(text);
  return { stream, kind };
}

async function read(argument: string | undefined, input: StandardInput, graceMs?: number) {
  let notes = "";
  const note = (text: string) => (notes += text);
  const prompt = await readPrompt({ argument, input, note, ...(graceMs === undefined ? {} : { graceMs }) }, signal);
  return { prompt, notes };
}

describe("the prompt (core.md §6.2, live.md §1.4)", () => {
  it("is the argument alone on a terminal", async () => {
    const input = { stream: new PassThrough(), kind: "terminal" } as const;
    expect(await read("hi", input)).toEqual({ prompt: "hi", notes: "" });
  });

  it.each([
    ["data", "DATA", "hi\n\n<stdin>\nDATA\n</stdin>"],
    ["data that ends in newlines", "DATA\n\n", "hi\n\n<stdin>\nDATA\n\n</stdin>"],
    ["nothing", "", "hi"],
    ["blank lines", " \n\n", "hi"],
  ])("takes %s of a pipe along", async (_what, text, prompt) => {
    expect(await read("hi", pipe(text))).toEqual({ prompt, notes: NOTE });
  });

  it("keeps an empty argument", async () => {
    expect((await read("", pipe("DATA"))).prompt).toBe("\n\n<stdin>\nDATA\n</stdin>");
    expect((await read("", pipe(""))).prompt).toBe("");
  });

  it("is stdin as it is, with - and without an argument", async () => {
    expect(await read("-", pipe("do it\n"))).toEqual({ prompt: "do it\n", notes: "" });
    expect(await read(undefined, pipe("do it\n"))).toEqual({
      prompt: "do it\n",
      notes: "Reading prompt from stdin...\n",
    });
  });

  it("is missed when stdin is empty, or a terminal", async () => {
    await expect(read("-", pipe(""))).rejects.toMatchObject({ message: "No prompt provided via stdin." });
    await expect(read(undefined, pipe(" \n"))).rejects.toMatchObject({ code: "bad_request" });
    const terminal = { stream: new PassThrough(), kind: "terminal" } as const;
    await expect(read(undefined, terminal)).rejects.toMatchObject({ message: /^No prompt provided\. / });
  });

  it("does not wait for an open, silent pipe beyond the grace, and says so", async () => {
    const input = { stream: new PassThrough(), kind: "pipe" } as const;
    const { prompt, notes } = await read("hi", input, 20);
    expect(prompt).toBe("hi");
    expect(notes).toBe(
      `${NOTE}Nothing came from stdin within 20 ms: starting without it (to wait for it, use - as the prompt).\n`,
    );
  });

  it("reads to the end once the first byte came within the grace", async () => {
    const stream = new PassThrough();
    stream.write("first");
    const reading = read("hi", { stream, kind: "pipe" }, 20);
    setTimeout(() => stream.end(" and last"), 60);
    expect((await reading).prompt).toBe("hi\n\n<stdin>\nfirst and last\n</stdin>");
  });

  it("waits for a file however long it takes", async () => {
    const stream = new PassThrough();
    const reading = read("hi", { stream, kind: "file" }, 1);
    setTimeout(() => stream.end("late"), 40);
    expect((await reading).prompt).toBe("hi\n\n<stdin>\nlate\n</stdin>");
  });

  it("is refused when it is too long, without reading all of it", async () => {
    await expect(read("x".repeat(PROMPT_LIMIT + 1), pipe(""))).rejects.toMatchObject({ code: "bad_request" });
    let given = 0;
    const stream = new PassThrough();
    const give = () => {
      while (given < 100 << 20 && stream.write(Buffer.alloc(1 << 20, "x"))) given += 1 << 20;
      given += 1 << 20;
    };
    stream.on("drain", give);
    give();
    await expect(read("-", { stream, kind: "pipe" })).rejects.toMatchObject({ message: /longer than 1048576/ });
    expect(given).toBeLessThan(20 << 20);
  });

  it("stops reading when the signal aborts", async () => {
    const controller = new AbortController();
    const input = { stream: new PassThrough(), kind: "pipe" } as const;
    const reading = readPrompt({ argument: "-", input, note: () => undefined }, controller.signal);
    controller.abort(new Error("stop"));
    await expect(reading).rejects.toThrow("stop");
  });

  it("says what went wrong with stdin", async () => {
    const stream = new PassThrough();
    stream.destroy(new Error("EISDIR: illegal operation"));
    await expect(read("-", { stream, kind: "file" })).rejects.toMatchObject({
      code: "bad_request",
      message: "cannot read stdin: EISDIR: illegal operation",
    });
  });
});
