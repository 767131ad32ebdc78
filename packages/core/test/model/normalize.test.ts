import { expect, it } from "vitest";
import { fillDirectories, nameDirectories, normalize, RULES } from "../../src/model/normalize.js";

const PLACES = { cwd: "/tmp/demo-x1/repo", home: "/home/ada", temporary: "/tmp" };

/** One example per row of the table, in its order: what stands in an output, and what the fingerprint keeps. */
const EXAMPLES: readonly (readonly [string, string, string])[] = [
  ["a stack frame inside Node", "E\n    at run (node:internal/x:1:2)\nF", "E\nF"],
  ["a moment", "at 2026-11-22T17:11:52.123Z, 2026-11-22 17:11", "at {{time}}, {{time}}"],
  ["a moment of date(1) or of HTTP", "Sun Nov 22 17:11:52 UTC 2026|Sun, 22 Nov 2026 17:11:52 GMT", "{{time}}|{{time}}"],
  ["a date", "on 2026-11-22.", "on {{date}}."],
  ["a date of ls(1)", "4096 Nov 22 16:44 a\n1 Jan  3  2025 b", "4096 {{date}} a\n1 {{date}} b"],
  ["a time of day", "17:11:52,5 ok", "{{time}} ok"],
  ["a duration field", "# duration_ms 12.345", "# duration_ms {{duration}}"],
  ["a duration", "Wall time: 0.0213 seconds (12ms, 3 s)", "Wall time: {{duration}} ({{duration}}, {{duration}})"],
  ["a UUID", "id 01890000-0000-7000-8000-00000000000A", "id {{id}}"],
  ["an id of the API", "call_AbC123 fc_0123456", "{{id}} {{id}}"],
  ["an id of an output or a process", "Chunk ID: 1a2b3c, session ID 7", "Chunk ID: {{id}}, session ID {{id}}"],
  ["a process id", "pid 4242, pid=7", "pid {{pid}}, pid={{pid}}"],
  ["a port", "http://127.0.0.1:45123/x localhost:80", "http://127.0.0.1:{{port}}/x localhost:{{port}}"],
  ["a port in words", "listening on port 3000", "listening on port {{port}}"],
  ["a count that follows the length of paths", "Original token count: 91", "Original token count: {{count}}"],
  ["an address in memory", "at 0x7ffd1234", "at {{address}}"],
  ["a hash", "commit 1a2b3c4 deadbeef", "commit {{hash}} deadbeef"],
  ["a version of Node", "Node.js v20.20.2", "Node.js {{version}}"],
  ["a temporary name", "/tmp/tmp.AbCdEf12/a /tmp/plain", "{{codex:temporary}}/{{name}}/a {{codex:temporary}}/plain"],
];

it("has an example for every row of the table, in order", () => {
  expect(EXAMPLES.map(([what]) => what)).toEqual(RULES.map(({ what }) => what));
});

it.each(EXAMPLES)("names %s", (_, text, expected) => {
  expect(normalize(text, PLACES)).toBe(expected);
});

it("keeps what two runs share", () => {
  const text = "not ok 1 - adds 2 and 3\n  expected: 5\n  actual: -1\n1 failed in src/sum.js:12:3\nexit 1";
  expect(normalize(text, PLACES)).toBe(text);
});

it("names directories by whole components, the longest first, and back", () => {
  const text = "cd /tmp/demo-x1/repo/src; ls /tmp/demo-x1/repository /home/ada /tmp. x/tmp /tmpx";
  const named =
    "cd {{codex:cwd}}/src; ls {{codex:temporary}}/demo-x1/repository {{codex:home}} {{codex:temporary}}. x/tmp /tmpx";
  expect(nameDirectories(text, PLACES)).toBe(named);
  expect(fillDirectories(named, PLACES)).toBe(text);
  const elsewhere = { cwd: "/w", home: "/root", temporary: "/var/t" };
  expect(fillDirectories(named, elsewhere)).toBe("cd /w/src; ls /var/t/demo-x1/repository /root /var/t. x/tmp /tmpx");
});

it("takes the root directory for no name", () => {
  expect(nameDirectories("/ a/b", { ...PLACES, home: "/" })).toBe("/ a/b");
});
