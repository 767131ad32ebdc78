import assert from "node:assert/strict";
import { test } from "node:test";
import { wrap } from "../src/wrap.js";

test("keeps a short text on one line", () => {
  assert.deepEqual(wrap("a short text", 40), ["a short text"]);
});

test("fills a line to exactly the width", () => {
  assert.deepEqual(wrap("one two three four", 7), ["one two", "three", "four"]);
});

test("gives a long word a line of its own", () => {
  assert.deepEqual(wrap("an extraordinary day", 6), ["an", "extraordinary", "day"]);
});
