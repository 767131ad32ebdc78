import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createPatchParser, parsePatch, PatchError, type Patch } from "../src/index.js";

const line = fc.oneof(
  { weight: 6, arbitrary: fc.stringMatching(/^[-+ ][a-z “é🎉\r]{0,6}$/u) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      ...["*** Begin Patch", "*** End Patch", " *** End Patch", "*** Add File: ä", "*** Delete File: b"],
      ...["*** Update File: c", "*** Move to: d", "*** End of File", "@@", "@@ x", "@@ -1 +1 @@", "", " "],
      ...["<<EOF", "EOF", "*** Environment ID: e", "nonsense"],
    ),
  },
);
const sections = fc.constantFrom(
  ["*** Add File: ä/🎉", "+one", "+“two”"],
  ["*** Delete File: b"],
  ["*** Update File: c", "*** Move to: d", "@@ x", " y", "-z", "+é", "*** End of File"],
  ["*** Update File: e", "-1", "+2", "", "@@", "+3"],
);

/** Well-formed patches, wrapped or not, and patches with lines out of place. */
export const patchText = fc
  .record({
    inner: fc.array(fc.oneof({ weight: 5, arbitrary: sections }, { weight: 1, arbitrary: fc.array(line) }), {
      maxLength: 5,
    }),
    end: fc.constantFrom("*** End Patch", "*** End Patch\n", " *** End Patch\n\n", "*** End Patch\nEOF", ""),
    begin: fc.constantFrom("*** Begin Patch", "\n *** Begin Patch ", "<<'EOF'\n*** Begin Patch", "<<EOF"),
    newline: fc.constantFrom("\n", "\r\n"),
  })
  .map(({ inner, end, begin, newline }) => [begin, ...inner.flat(), end].join("\n").replaceAll("\n", newline));

type Outcome = { patch: Patch } | { code: string; message: string };

function outcomeOf(parse: () => Patch): Outcome {
  try {
    return { patch: parse() };
  } catch (error) {
    if (error instanceof PatchError) return { code: error.code, message: error.message };
    throw error;
  }
}

function parsePieces(pieces: readonly (string | Uint8Array)[]): Patch {
  const parser = createPatchParser();
  for (const piece of pieces) parser.push(piece);
  return parser.finish();
}

function cut<T extends { slice(from: number, to: number): T; readonly length: number }>(whole: T, at: number[]): T[] {
  const places = [0, ...at.map((place) => place % (whole.length + 1)).sort((a, b) => a - b), whole.length];
  return places.slice(1).map((end, index) => whole.slice(places[index] ?? 0, end));
}

class Bytes {
  readonly data: Uint8Array;
  readonly length: number;
  constructor(data: Uint8Array) {
    this.data = data;
    this.length = data.length;
  }
  slice(from: number, to: number): Bytes {
    return new Bytes(this.data.slice(from, to));
  }
}

describe("streaming equals batch", () => {
  const cuts = fc.array(fc.nat(), { maxLength: 12 });

  test("for a text cut anywhere, between the halves of a surrogate pair and of a CRLF too", () => {
    fc.assert(
      fc.property(patchText, cuts, (text, at) => {
        const pieces = cut(new Text(text), at).map((piece) => piece.text);
        expect(outcomeOf(() => parsePieces(pieces))).toEqual(outcomeOf(() => parsePatch(text)));
      }),
      { numRuns: 2000 },
    );
  });
  test("for bytes cut anywhere, inside a character too", () => {
    fc.assert(
      fc.property(patchText, cuts, (text, at) => {
        const pieces = cut(new Bytes(new TextEncoder().encode(text)), at).map((piece) => piece.data);
        expect(outcomeOf(() => parsePieces(pieces))).toEqual(outcomeOf(() => parsePatch(text)));
      }),
      { numRuns: 2000 },
    );
  });
  test("for a text that arrives one unit at a time", () => {
    fc.assert(
      fc.property(patchText, (text) => {
        expect(outcomeOf(() => parsePieces(text.split("")))).toEqual(outcomeOf(() => parsePatch(text)));
      }),
      { numRuns: 500 },
    );
  });
  test("the generated patches are a mixture of good and bad ones", () => {
    const samples = fc.sample(patchText, { numRuns: 500, seed: 1 });
    const good = samples.filter((text) => "patch" in outcomeOf(() => parsePatch(text))).length;
    expect(good).toBeGreaterThan(100);
    expect(good).toBeLessThan(400);
  });
});

class Text {
  readonly text: string;
  readonly length: number;
  constructor(text: string) {
    this.text = text;
    this.length = text.length;
  }
  slice(from: number, to: number): Text {
    return new Text(this.text.slice(from, to));
  }
}
