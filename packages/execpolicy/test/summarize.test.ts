import { describe, expect, test } from "vitest";
import { summarizeCommand } from "../src/index.js";

const labels = (script: string) =>
  summarizeCommand(["bash", "-lc", script]).map((label) => {
    switch (label.type) {
      case "read":
        return `read ${label.name} at ${label.path}`;
      case "list_files":
        return `list ${label.path}`;
      case "search":
        return `search ${label.query} in ${label.path}`;
      case "unknown":
        return `unknown ${label.cmd}`;
      default:
        throw new Error(`no such label: ${JSON.stringify(label satisfies never)}`);
    }
  });

describe("labels", () => {
  test.each([
    ["cat src/a.ts", ["read a.ts at src/a.ts"]],
    ["head -n 20 a.ts", ["read a.ts at a.ts"]],
    ["tail -5 a.ts", ["read a.ts at a.ts"]],
    ["sed -n 1,20p a.ts", ["read a.ts at a.ts"]],
    ["nl -ba a.ts | sed -n 1,20p", ["read a.ts at a.ts"]],
    ["ls -la src", ["list src"]],
    ["ls", ["list null"]],
    ["rg --files src | head -n 50", ["list src"]],
    ["find . -name '*.ts'", ["search *.ts in ."]],
    ["find src -type f", ["list src"]],
    ["rg -n 'foo bar' src", ["search foo bar in src"]],
    ["rg -g '*.ts' foo", ["search foo in null"]],
    ["grep -rn -e foo src", ["search foo in src"]],
    ["git grep foo", ["search foo in null"]],
    ["git ls-files src", ["list src"]],
    ["cd web && cat a.ts", ["read a.ts at web/a.ts"]],
    ["cd web && ls", ["list web"]],
    ["cat a; echo ---; cat b", ["read a at a", "read b at b"]],
    ["rg foo | wc -l", ["search foo in null"]],
    ["cat a && npm test", ["unknown cat a && npm test"]],
    ["npm test", ["unknown npm test"]],
    ["cat a > b", ["unknown cat a > b"]],
    ["find . -delete", ["unknown find . -delete"]],
    ["cat a | xargs rm", ["unknown cat a | xargs rm"]],
    ["sed -i s/a/b/ x", ["unknown sed -i s/a/b/ x"]],
    ["cat a | sed -i s/a/b/ x", ["unknown cat a | sed -i s/a/b/ x"]],
    ["echo hi", ["unknown echo hi"]],
    ["cd x", ["unknown cd x"]],
  ])("%j", (script, expected) => {
    expect(labels(script)).toEqual(expected);
  });

  test("an argument vector without a shell has labels as well, with its words quoted", () => {
    expect(summarizeCommand(["cat", "a b"])).toEqual([{ type: "read", cmd: "cat 'a b'", name: "a b", path: "a b" }]);
    expect(summarizeCommand(["npm", "test"])).toEqual([{ type: "unknown", cmd: "npm test" }]);
  });
});
