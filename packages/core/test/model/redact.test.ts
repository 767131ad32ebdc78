import { expect, it } from "vitest";
import { redact } from "../../src/model/redact.js";

it.each([
  ["sk-proj-Abc123def456ghi", "[redacted]"],
  ["Incorrect API key: sk-abcd****wxyz1", "Incorrect API key: [redacted]"],
  ["Authorization: Bearer abcdefghij0123456789", "Authorization: Bearer [redacted]"],
  ["ghp_abcdefghijklmnopqrstuvwxyz", "[redacted]"],
  ["AKIAABCDEFGHIJKLMNOP", "[redacted]"],
  ["eyJhbGciOiJI.eyJzdWIiOiIx.abc-_", "[redacted]"],
  ["https://ada:hunter2@example.com/x", "https://[redacted]@example.com/x"],
  ["-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nrest", "[redacted]\nrest"],
])("redacts %s", (text, expected) => {
  expect(redact(text)).toBe(expected);
});

it.each([
  "const token = readToken(file);",
  "use Bearer authentication",
  "class sk-spinner-container",
  "npm install eslint-plugin",
  "git@github.com:a/b.git https://example.com/a:b@c",
])("keeps %s", (text) => {
  expect(redact(text)).toBe(text);
});

it("redacts the values it is told, wherever they stand", () => {
  expect(redact("a=hunter22;b=hunter22", ["hunter22", "", "abc"])).toBe("a=[redacted];b=[redacted]");
});
