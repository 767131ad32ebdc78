import { describe, expect, test } from "vitest";
import {
  checkExamples,
  combineRules,
  createPolicy,
  decisionOf,
  matchNetwork,
  networkDomains,
  normaliseHost,
  splitWords,
  joinWords,
} from "../src/index.js";
import { policyOf, rulesOf } from "./rules.js";

const exact = { resolveHostExecutables: false };
const resolved = { resolveHostExecutables: true };

describe("prefix rules", () => {
  const policy = policyOf(`
prefix_rule(pattern=["git", ["status", "log"]])
prefix_rule(pattern=["git"], decision="prompt")
prefix_rule(pattern=[["rm", "unlink"], "-x"], decision="forbidden")
`);

  test.each([
    [["git", "status"], "prompt"],
    [["git", "log", "-p"], "prompt"],
    [["git"], "prompt"],
    [["gi"], undefined],
    [["git status"], undefined],
    [["rm", "-x", "a"], "forbidden"],
    [["unlink", "-x"], "forbidden"],
    [["rm", "a", "-x"], undefined],
    [["rm"], undefined],
    [[], undefined],
  ])("%j is %s: the strictest match wins", (argv, decision) => {
    expect(decisionOf(policy.evaluate(argv, exact))).toBe(decision);
  });

  test("the matched words are the command's own", () => {
    expect(policy.evaluate(["git", "log", "x"], exact).map((match) => match.matched)).toEqual([
      ["git", "log"],
      ["git"],
    ]);
  });

  test("names of object properties are ordinary words", () => {
    expect(policyOf('prefix_rule(pattern=["__proto__", "constructor"])').evaluate(["toString"], exact)).toEqual([]);
  });
});

describe("host executables", () => {
  test("an absolute path stands in for a name unless a list of paths says otherwise", () => {
    const open = policyOf('prefix_rule(pattern=["git"])');
    expect(open.evaluate(["/x/git"], exact)).toEqual([]);
    expect(open.evaluate(["/x/git"], resolved)).toMatchObject([{ matched: ["git"], resolvedProgram: "/x/git" }]);
    expect(open.evaluate(["./git"], resolved)).toEqual([]);
  });

  test("the last definition wins and an empty list means no path", () => {
    const text = 'prefix_rule(pattern=["git"])\nhost_executable(name="git", paths=["/bin/git"])\n';
    expect(policyOf(text).evaluate(["/bin/git"], resolved)).toHaveLength(1);
    expect(policyOf(text).evaluate(["/x/git"], resolved)).toEqual([]);
    expect(policyOf(`${text}host_executable(name="git", paths=[])`).evaluate(["/bin/git"], resolved)).toEqual([]);
  });

  test("rules written for the path come first", () => {
    const policy = policyOf('prefix_rule(pattern=["/bin/a"], decision="forbidden")\nprefix_rule(pattern=["a"])');
    expect(decisionOf(policy.evaluate(["/bin/a"], resolved))).toBe("forbidden");
  });

  test("several sets combine in order", () => {
    const first = rulesOf('host_executable(name="a", paths=["/bin/a"])');
    const second = rulesOf('prefix_rule(pattern=["a"])\nhost_executable(name="a", paths=["/opt/a"])');
    const policy = createPolicy(combineRules([first, second]));
    expect(policy.evaluate(["/bin/a"], resolved)).toEqual([]);
    expect(policy.evaluate(["/opt/a"], resolved)).toHaveLength(1);
  });
});

describe("examples", () => {
  const check = (text: string) => checkExamples(rulesOf(text));

  test("examples that hold are silent, as words and as text", () => {
    expect(
      check(
        `prefix_rule(pattern=["a", "b c"], match=["a 'b c' d", ["a", "b c"], "/x/a 'b c'"], not_match=["a b c", ["a"]])`,
      ),
    ).toBe(undefined);
  });

  test("each is checked against its own rule only", () => {
    expect(check('prefix_rule(pattern=["a"], not_match=["b"])\nprefix_rule(pattern=["b"])')).toBe(undefined);
  });

  test("not_match comes before match, and the place is the example's", () => {
    expect(check('prefix_rule(pattern=["a"],\n match=["b"],\n not_match=["a c"])')).toEqual({
      file: "test.rules",
      line: 3,
      column: 13,
      message: "invalid example: `a c` is not expected to match the rule of line 1",
    });
    expect(check('\nprefix_rule(pattern=["a"], match=["b"])')?.message).toBe(
      "invalid example: `b` is expected to match the rule of line 2",
    );
  });

  test("the file's host executables count", () => {
    const rule = 'prefix_rule(pattern=["a"], match=["/x/a"])\n';
    expect(check(`${rule}host_executable(name="a", paths=["/y/a"])`)).toBeDefined();
    expect(check(`${rule}host_executable(name="a", paths=["/x/a"])`)).toBe(undefined);
  });
});

describe("network rules", () => {
  test.each([
    [" Example.COM. ", "example.com"],
    ["example.com:443", "example.com"],
    ["[::1]:8080", "::1"],
    ["::1", "::1"],
  ])("%j is %s", (text, host) => {
    expect(normaliseHost(text)).toEqual({ type: "host", host });
  });

  test.each(["", " ", "https://x", "x/y", "x?y", "x#y", "a b", "*.x", "u@x", "[x", ".", "x\ny"])(
    "%j is no host",
    (text) => {
      expect(normaliseHost(text).type).toBe("failed");
    },
  );

  const rules = rulesOf(`
network_rule(host="a.com", protocol="https_connect", decision="allow")
network_rule(host="b.com", protocol="https", decision="allow")
network_rule(host="B.com", protocol="http", decision="deny")
network_rule(host="c.com", protocol="http", decision="deny")
network_rule(host="c.com", protocol="http", decision="allow", justification="mirror")
network_rule(host="d.com", protocol="socks5_tcp", decision="prompt")
`).networks;

  test("the strictest rule about a host wins, a refusal for any protocol", () => {
    const decision = (host: string, protocol: "http" | "https") => matchNetwork(rules, host, protocol)?.decision;
    expect(decision("A.com:443", "https")).toBe("allow");
    expect(decision("a.com", "http")).toBe(undefined);
    expect(decision("b.com", "https")).toBe("forbidden");
    expect(decision("c.com", "http")).toBe("forbidden");
    expect(matchNetwork(rules.slice(-2), "c.com", "http")?.justification).toBe("mirror");
    expect(decision("x.a.com", "https")).toBe(undefined);
    expect(matchNetwork(rules, "d.com", "socks5_tcp")?.decision).toBe("prompt");
  });

  test("the lists for a proxy", () => {
    expect(networkDomains(rules)).toEqual({ allowed: ["a.com", "c.com"], denied: ["b.com"] });
  });
});

describe("words", () => {
  test.each([
    ["a  b\tc", ["a", "b", "c"]],
    [`a'b "c'"d\\"e"`, [`ab "cd"e`]],
    ["a\\ b '' \"\"", ["a b", "", ""]],
    ["a # b\nc", ["a", "c"]],
    ["a#b", ["a#b"]],
    ['"\\$\\x\\\n"', ["$\\x"]],
    ["", []],
  ])("%j splits into %j", (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });

  test.each(["'", '"', "a\\", '"a\\'])("%j does not close", (text) => {
    expect(splitWords(text)).toBe(undefined);
  });

  test("what is joined splits again", () => {
    const words = ["a b", "", "it's", "=x", "$HOME", "a\nb", "é", "#"];
    expect(splitWords(joinWords(words))).toEqual(words);
  });
});
