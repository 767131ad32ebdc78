import { describe, expect, it } from "vitest";
import { fieldsOf, isFields, listOf, numberOf, oneOf, parseJson, present, textOf } from "../src/foreign.js";

const ODD: readonly unknown[] = [undefined, null, true, Number.NaN, Symbol("s"), () => 1];

describe("a guard for data of unknown shape", () => {
  it("gives the value when it is what was asked for", () => {
    expect([fieldsOf({ a: 1 }), textOf(""), numberOf(0), listOf([1]), oneOf("b", ["a", "b"])]).toEqual([
      ...[{ a: 1 }, "", 0, [1], "b"],
    ]);
    expect(parseJson('{"a":[1]}')).toEqual({ a: [1] });
  });

  it("gives nothing for anything else, and never throws", () => {
    for (const odd of [...ODD, []]) expect([isFields(odd), fieldsOf(odd)]).toEqual([false, {}]);
    for (const odd of [...ODD, {}]) {
      expect([textOf(odd), numberOf(odd), listOf(odd), oneOf(odd, ["a"])]).toEqual([
        ...[undefined, undefined, [], undefined],
      ]);
    }
    for (const text of ["", "{", "undefined", "\u0000"]) expect(parseJson(text)).toBeUndefined();
  });

  it("leaves out a key that has no value, and keeps one that is null", () => {
    expect([present("a", undefined), present("a", null), present("a", 0)]).toEqual([{}, { a: null }, { a: 0 }]);
    expect(Object.hasOwn(present("a", undefined), "a")).toBe(false);
  });
});
