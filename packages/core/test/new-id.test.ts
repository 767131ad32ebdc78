import { describe, expect, it } from "vitest";
import { uuidv7 } from "../src/new-id.js";

describe("an id", () => {
  const now = Date.UTC(2026, 10, 22, 1, 2, 3, 4);
  const ids = Array.from({ length: 1000 }, () => uuidv7(now));

  it("is a UUID of version 7", () => {
    expect(
      ids.filter((id) => !/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)),
    ).toEqual([]);
  });

  it("begins with the time it was made at, in milliseconds, and sorts by it", () => {
    expect(new Set(ids.map((id) => Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16)))).toEqual(new Set([now]));
    expect(uuidv7(now - 1) < (ids[0] ?? "")).toBe(true);
    expect(uuidv7(1).startsWith("00000000-0001-7")).toBe(true);
  });

  it("differs from every other in each of its random digits", () => {
    expect(new Set(ids).size).toBe(ids.length);
    const digits = ids.map((id) => id.replaceAll("-", "").slice(13));
    const seen = Array.from({ length: 19 }, (_, at) => new Set(digits.map((text) => text[at])).size);
    // the fourth holds the variant in two of its bits
    expect(seen).toEqual(seen.map((_, at) => (at === 3 ? 4 : 16)));
  });
});
