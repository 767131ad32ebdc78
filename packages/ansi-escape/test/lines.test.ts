import { describe, expect, it } from "vitest";
import type { Line } from "../src/index.js";
import { createAnsiReader, readAnsi } from "../src/index.js";
import { processorTime } from "./processor-time.js";

const plain = (...texts: readonly string[]): readonly Line[] =>
  texts.map((text) => ({ runs: text === "" ? [] : [{ text, style: {} }], dropped: 0 }));
const indexed = (index: number) => ({ type: "indexed", index }) as const;
const first = (text: string) => readAnsi(text)[0]?.runs;

describe("lines", () => {
  it("are what newlines end, and what is left at the end", () => {
    expect(readAnsi("a\n\nb")).toEqual(plain("a", "", "b"));
    expect(readAnsi("a\r\nb\n")).toEqual(plain("a", "b"));
    expect(readAnsi("")).toEqual([]);
  });

  it("start anew at a carriage return, as progress bars do", () => {
    expect(readAnsi("10%\r20%\r\u001b[K100%\ndone")).toEqual(plain("100%", "done"));
    expect(readAnsi("kept\r\r\nnext\r")).toEqual(plain("kept"));
  });

  it("can be watched while they come", () => {
    const reader = createAnsiReader();
    expect(reader.push("\u001b[3")).toEqual([]);
    expect(reader.push("1mre")).toEqual([]);
    expect(reader.open).toEqual({ runs: [{ text: "re", style: { foreground: indexed(1) } }], dropped: 0 });
    expect(reader.push("d\nx")).toEqual([{ runs: [{ text: "red", style: { foreground: indexed(1) } }], dropped: 0 }]);
    expect(reader.end()).toEqual([{ runs: [{ text: "x", style: { foreground: indexed(1) } }], dropped: 0 }]);
  });

  it("are read from bytes cut inside a character; what is no UTF-8 is replaced", () => {
    const reader = createAnsiReader();
    const bytes = Buffer.from("é漢🙂\n");
    const lines = [...bytes].flatMap((_byte, index) => reader.push(bytes.subarray(index, index + 1)));
    expect(lines).toEqual(plain("é漢🙂"));
    expect(readAnsi(Buffer.from([0x61, 0xff, 0xf0, 0x9f]))).toEqual(plain("a\ufffd\ufffd"));
  });

  it("are cut at the limit and say how much is missing, surrogates whole", () => {
    const reader = createAnsiReader({ line_limit: 4 });
    expect(reader.push("abc🙂de\nfg\n")).toEqual([
      { runs: [{ text: "abc", style: {} }], dropped: 4 },
      { runs: [{ text: "fg", style: {} }], dropped: 0 },
    ]);
  });

  it("take linear time however often their look changes", () => {
    const start = processorTime();
    readAnsi("\u001b[1mx\u001b[0my".repeat(100_000));
    expect(processorTime() - start).toBeLessThan(3000);
  });
});

describe("runs", () => {
  it.each([
    ["1;3;4;7;9", { bold: true, italic: true, underline: true, inverse: true, strike: true }],
    ["2;22;23", {}],
    ["1;", {}],
    ["1;31;103", { bold: true, foreground: indexed(1), background: indexed(11) }],
    ["38;5;208;1", { foreground: indexed(208), bold: true }],
    ["48;2;1;2;3;4", { background: { type: "rgb", red: 1, green: 2, blue: 3 }, underline: true }],
    ["38:2::10:20:30", { foreground: { type: "rgb", red: 10, green: 20, blue: 30 } }],
    ["38:2:10:20:30;9", { foreground: { type: "rgb", red: 10, green: 20, blue: 30 }, strike: true }],
    ["58;5;1;3", { italic: true }],
    ["4:3", { underline: true }],
    ["4;4:0", {}],
    ["38;5;999", {}],
    ["38;2;1;2;999", {}],
    ["31;39;41;49", {}],
    ["92;8;5;73", { foreground: indexed(10) }],
  ])("after %s look so", (parameters, style) => {
    expect(first(`\u001b[${parameters}mx`)).toEqual([{ text: "x", style }]);
  });

  it("are one where nothing changes", () => {
    expect(first("a\u001b[mb\u001b[0mc\u001b[1m\u001b[22md")).toEqual([{ text: "abcd", style: {} }]);
  });

  it("carry the target of a link only if it is one of the web", () => {
    expect(first("\u001b]8;id=1;https://a.b/c\u001b\\go\u001b]8;;\u0007on")).toEqual([
      { text: "go", style: {}, link: "https://a.b/c" },
      { text: "on", style: {} },
    ]);
    for (const target of ["file:///etc/passwd", "javascript:1", "https://a\u202eb", `https://${"a".repeat(3000)}`]) {
      expect(first(`\u001b]8;;${target}\u0007go`)).toEqual([{ text: "go", style: {} }]);
    }
  });
});
