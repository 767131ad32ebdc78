import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRules, RULES_LIMITS } from "../src/index.js";
import { problemOf, rulesOf } from "./rules.js";

function patterns(text: string): unknown {
  return rulesOf(text).prefixes.map((rule) => rule.pattern);
}

/** Processor time of this process, in milliseconds: other work on the machine does not count. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

describe("the language", () => {
  test("a prefix rule has a pattern with alternatives, a decision and a place", () => {
    const [rule] = rulesOf(
      '\nprefix_rule(pattern=["git", ["push", "pull"]], decision="prompt", justification="hm")',
    ).prefixes;
    expect(rule).toEqual({
      pattern: [["git"], ["push", "pull"]],
      decision: "prompt",
      justification: "hm",
      match: [],
      notMatch: [],
      position: { file: "test.rules", line: 2, column: 1 },
    });
  });

  test("the decision is allow when it is not given", () => {
    expect(rulesOf('prefix_rule(pattern=["ls"])').prefixes[0]?.decision).toBe("allow");
  });

  test.each([
    ["comments and blank lines", '# a\n\nprefix_rule( # b\n  pattern = ["a"], # c\n)\n# end'],
    ["several statements on one line", 'x = ["a"]; prefix_rule(pattern=x);'],
    ["variables with the names of parameters", 'pattern = ["a"]\nprefix_rule(pattern=pattern)'],
    ["concatenation over several lines in brackets", 'prefix_rule(\n  pattern=\n  [] +\n ["a"]\n,)'],
    ["positional arguments", 'prefix_rule(["a"], "allow")'],
    ["CRLF", 'prefix_rule(\r\npattern=["a"],\r\n)\r\n'],
    ["a byte order mark", '\ufeffprefix_rule(pattern=["a"])'],
    ["parentheses around a value", 'prefix_rule(pattern=(["a"]))'],
    ["one-element alternatives", 'prefix_rule(pattern=[["a"]])'],
    ["strings made of strings", "prefix_rule(pattern=['' + \"a\" + r'' + '''''' + \"\"\"\"\"\"])"],
  ])("%s", (_, text) => {
    expect(patterns(text)).toEqual([[["a"]]]);
  });

  test("strings know the escapes of Starlark and raw strings none", () => {
    const text = String.raw`prefix_rule(pattern=["\n\t\\\"\x41\u00e9\U0001F600", r"\n", '''a
"b"''', 'it"s'])`;
    expect(patterns(text)).toEqual([[['\n\t\\"Aé😀'], ["\\n"], ['a\n"b"'], ['it"s']]]);
  });
});

describe("errors name the place", () => {
  test.each([
    ["prefix_rule(pattern=[])", "1:1 invalid rule: pattern is empty"],
    ['prefix_rule(pattern=["a", []])', "1:27 invalid pattern element: a list of alternatives is empty"],
    [
      'prefix_rule(pattern=["a", [["b"]]])',
      "1:28 invalid pattern element: an alternative must be a string, not a list",
    ],
    ['prefix_rule(pattern="a")', "1:21 pattern must be a list, not a string"],
    ['prefix_rule(decision="allow")', "1:1 prefix_rule needs pattern"],
    ['prefix_rule(pattern=["a"], decision="maybe")', '1:37 invalid decision: "maybe" (allow, prompt or forbidden)'],
    ['prefix_rule(pattern=["a"], decision="deny")', '1:37 invalid decision: "deny" (allow, prompt or forbidden)'],
    ['prefix_rule(pattern=["a"], justification="  ")', "1:42 invalid rule: justification cannot be empty"],
    ['prefix_rule(pattern=["a"], match=[""])', "1:35 invalid example: it has no words"],
    ['prefix_rule(pattern=["a"], match=[\'a "\'])', "1:35 invalid example: its quotes do not close"],
    ['prefix_rule(pattern=["a"], match=[[]])', "1:35 invalid example: it has no words"],
    ['prefix_rule(pattern=["a"], colour="x")', "1:35 prefix_rule has no parameter colour"],
    ['prefix_rule(pattern=["a"], pattern=["b"])', "1:28 pattern is given twice"],
    ['prefix_rule(["a"], pattern=["b"])', "1:28 pattern is given twice"],
    ['prefix_rule(pattern=["a"], "allow")', "1:28 a positional argument after a named one"],
    [
      '\n\n  other(pattern=["a"])',
      "3:3 other is not a function here (there are: prefix_rule, network_rule, host_executable)",
    ],
    ['prefix_rule(pattern=("a", "b"))', "1:21 tuples are not supported; write a list"],
    ['prefix_rule(pattern=["a"] + "b")', "1:29 cannot add a string to a list"],
    ["prefix_rule(pattern=x)", "1:21 x is not defined"],
    ["x = 'a'\nx = 'b'", "2:1 x is already defined"],
    ["x = 1", '1:5 unexpected "1"'],
    ["x = f'a'", "1:5 strings with the prefix f are not supported"],
    ["x = 'a", "1:5 this string has no end"],
    ["x = 'a\n'", "1:5 this string does not end on its line"],
    ["x = '\\d'", '1:6 unknown escape \\d; write \\\\ or r"…"'],
    ["x = '\\ud800'", "1:6 this escape is not a character"],
    ["x = ['a' 'b']", '1:10 expected a comma or ], found "b"'],
    ["x = ['a',,]", '1:10 expected a string or a list, found ","'],
    ["x = ['a'", "1:9 expected a comma or ], found the end of the file"],
    ["x = [e for e in []]", "1:6 e is not defined"],
    ["def f():\n  pass", '1:5 expected a call, found "f"'],
    ["load('x', 'y')", "1:1 load is not a function here (there are: prefix_rule, network_rule, host_executable)"],
    ["x = 'a'.upper()", '1:8 unexpected "."'],
    ["x = 'a' % 'b'", '1:9 unexpected "%"'],
    ["x = \\\n'a'", '1:5 unexpected "\\\\"'],
    ["x = 'a' y = 'b'", '1:9 expected a new line, found "y"'],
    ["prefix_rule", "1:12 expected a call, found the end of the file"],
    ["prefix_rule(pattern=['a'])\rprefix_rule(pattern=['b'])", '1:27 unexpected "\\r"'],
    ['host_executable(name="a/b", paths=[])', "1:22 invalid rule: name must be a bare file name"],
    ['host_executable(name="a", paths=["bin/a"])', "1:34 invalid rule: bin/a is not an absolute path"],
    ['host_executable(name="a", paths=["/bin/b"])', "1:34 invalid rule: the last part of /bin/b is not a"],
    ['network_rule(host="*.x.com", protocol="http", decision="allow")', "1:19 invalid rule: host contains a wildcard"],
    ['network_rule(host="x", protocol="ftp", decision="allow")', "1:33 invalid rule: unknown protocol ftp"],
    ['network_rule(host="x", protocol="http")', "1:1 network_rule needs decision"],
  ])("%s", (text, problem) => {
    expect(problemOf(text)).toBe(problem);
  });
});

describe("hostile files are refused within fixed limits", () => {
  const doubling = (start: string, times: number) =>
    Array.from({ length: times }, (_, index) =>
      index === 0 ? `x0 = ${start}` : `x${index} = x${index - 1} + x${index - 1}`,
    );

  test.each([
    ["deep brackets", `x = ${"[".repeat(100_000)}`, "nested too deeply"],
    ["deep parentheses", `x = ${"(".repeat(100_000)}`, "nested too deeply"],
    ["a huge file", "#".repeat(RULES_LIMITS.text + 1), "longer than"],
    ["a huge string", `x = "${"a".repeat(RULES_LIMITS.string + 1)}"`, "string is too long"],
    ["a huge list", `x = [${'"a",'.repeat(RULES_LIMITS.list + 1)}]`, "a list of more than"],
    ["doubling strings", doubling('"aaaaaaaa"', 40).join("\n"), "string is too long"],
    ["doubling lists", doubling('["a"]', 40).join("\n"), "a list of more than"],
    ["a long pattern", `prefix_rule(pattern=[${'"a",'.repeat(65)}])`, "more than 64 words"],
    ["many alternatives", `prefix_rule(pattern=[[${'"a",'.repeat(257)}]])`, "more than 256 alternatives"],
    [
      "a wide list used again and again",
      `x = [${'"a",'.repeat(200)}]\ny = [${"x,".repeat(60)}]\n${"prefix_rule(pattern=y)\n".repeat(40_000)}`,
      "values in this file",
    ],
    [
      "a million values",
      `x = [""]\n${'prefix_rule(pattern=["a"])\n'.repeat(38_000)}${'x + ["a"];'.repeat(10)}`,
      "expected",
    ],
  ])("%s", (_, text, message) => {
    const start = processorTime();
    expect(problemOf(text)).toContain(message);
    expect(processorTime() - start).toBeLessThan(5000);
  });

  test("any text is parsed or refused with a place, and never throws", () => {
    const bits = fc.constantFrom(
      ...'prefix_rule ( pattern = [ "a" , ] ) + network_rule host_executable \\ \' r" """ # \n x ; decision "allow" \u2028 \0'.split(
        " ",
      ),
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(bits, fc.string()), { maxLength: 30 }), (parts) => {
        const parsed = parseRules(parts.join(" "), "f");
        expect(parsed.type === "parsed" || parsed.problem.message.length > 0).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});
