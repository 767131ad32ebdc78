import { describe, expect, test } from "vitest";
import { assessCommand, createPolicy, isBroadPrefix, NO_RULES, splitWords, type AssessRequest } from "../src/index.js";
import { policyOf } from "./rules.js";

const noRules = createPolicy(NO_RULES);
const bash = (script: string) => ["/bin/bash", "-lc", script];

function assess(argv: readonly string[], rules = "", more: Partial<AssessRequest> = {}) {
  return assessCommand({ argv, policy: policyOf(rules), ...more });
}

function decide(script: string, rules = "", more: Partial<AssessRequest> = {}): string {
  const { decision, by, covered } = assess(bash(script), rules, more);
  return [decision, by, ...(covered ? ["covered"] : [])].join(" ");
}

describe("a segment that no rule matches", () => {
  test.each([
    ["ls -la", "allow known_safe"],
    ["echo hi | wc -l", "allow known_safe"],
    ["touch a", "undecided nothing"],
    ["ls && touch a", "undecided nothing"],
    ["ls > a", "undecided nothing"],
    ["rm -rf a", "prompt danger"],
    ["ls; for i in a; do rm -f $i; done", "prompt danger"],
    ["ls && sudo rm -f a", "prompt danger"],
    ["", "undecided nothing"],
  ])("%j: %s", (script, outcome) => {
    expect(decide(script)).toBe(outcome);
  });

  test("an empty argument vector is undecided", () => {
    expect(assess([])).toMatchObject({ decision: "undecided", covered: false, grants: [] });
  });
});

describe("rules", () => {
  const rules = `
prefix_rule(pattern=["touch", "./b"])
prefix_rule(pattern=["git", ["status", "log"]])
prefix_rule(pattern=["git", "push"], decision="prompt", justification="goes out")
prefix_rule(pattern=["whoami"], decision="forbidden")
prefix_rule(pattern=["cat"])
prefix_rule(pattern=["find", "."])
prefix_rule(pattern=["rm", "-rf"])
prefix_rule(pattern=["sort"])
`;

  test.each([
    ["touch ./b", "allow rule covered"],
    ["touch ./b && git status", "allow rule covered"],
    ["touch ./b && ls", "allow rule"],
    ["touch ./a && rm ./a", "undecided nothing"],
    ["git push", "prompt rule"],
    ["git push && whoami", "forbidden rule"],
    ["/usr/bin/whoami", "forbidden rule"],
    ["/tmp/x/whoami", "forbidden rule"],
    ["bin/whoami", "forbidden rule"],
    ["sudo whoami", "forbidden rule"],
    ["env A=1 whoami", "forbidden rule"],
    ["$(which whoami)", "forbidden rule"],
    ["echo $(whoami)", "forbidden rule"],
    ["sh -c 'whoami; echo $X'", "forbidden rule"],
    ["for i in a; do whoami; done", "forbidden rule"],
    ["git push > out", "prompt rule"],
    ["PATH=/tmp/evil:$PATH cat <<'EOF'\nx\nEOF", "undecided nothing"],
    ["cat a > /etc/x", "undecided nothing"],
    ["cat a; echo $?", "undecided nothing"],
    ["/usr/bin/git log", "allow rule covered"],
    ["/tmp/evil/git log", "undecided nothing"],
    ["git log --output=/etc/x", "undecided nothing"],
    ["find . -name a", "allow rule covered"],
    ["find . -name a -delete", "prompt danger"],
    ["find . -exec touch a +", "undecided nothing"],
    ["sort a", "allow rule covered"],
    ["sort a -o b", "undecided nothing"],
    ["rm -rf build", "allow rule covered"],
    ["cat a | rm -rf build", "allow rule covered"],
  ])("%j: %s", (script, outcome) => {
    expect(decide(script, rules)).toBe(outcome);
  });

  test("a rule that shows no danger covers none", () => {
    expect(decide("rm a", 'prefix_rule(pattern=["rm"])')).toBe("allow rule covered");
    expect(decide("rm -f a", 'prefix_rule(pattern=["rm"])')).toBe("prompt danger");
    expect(decide("xargs rm -f", 'prefix_rule(pattern=["xargs", "rm"])')).toBe("prompt danger");
  });

  test("rules for other programs do not reach their names as arguments", () => {
    for (const script of [
      "find . -name whoami",
      "sudo echo whoami",
      "xargs grep whoami",
      "sudo git commit -m 'x; whoami'",
    ]) {
      expect(decide(script, rules)).not.toContain("forbidden");
    }
  });

  test("a path outside the system counts when a host_executable names it", () => {
    const named = `${rules}host_executable(name="git", paths=["/opt/git"])`.replace("/opt/git", "/opt/x/git");
    expect(decide("/opt/x/git log", named)).toBe("allow rule covered");
  });

  test("the very script that a rule names may run again, but not with arguments", () => {
    const rule = 'prefix_rule(pattern=["/bin/bash", "-lc", "touch a > b"])';
    expect(decide("touch a > b", rule)).toBe("allow rule covered");
    expect(decide("touch a > c", rule)).toBe("undecided nothing");
    expect(assess([...bash("touch a > b"), "x"], rule)).toMatchObject({ decision: "undecided", covered: false });
  });
});

describe("because: every answer names its reasons", () => {
  test("a rule by file, line, words and justification", () => {
    const rules = '\nprefix_rule(pattern=["git", "push"], decision="forbidden", justification="use the queue")';
    expect(assess(bash("ls && git push -f"), rules)).toMatchObject({
      because: [
        { layer: "safety", text: "ls with these options only reads", matched: ["ls"] },
        {
          layer: "rules",
          text: "a rule forbids commands starting with git push: use the queue",
          file: "test.rules",
          line: 2,
          matched: ["git", "push"],
        },
      ],
      reason: "`/bin/bash -lc 'ls && git push -f'` rejected: use the queue",
      allow_with: "change or remove the rule at test.rules:2",
    });
  });

  test("the words of refusals and questions (exec.md §2.6)", () => {
    const reason = (decision: string) =>
      assess(["git", "push"], `prefix_rule(pattern=["git"], decision="${decision}")`).reason;
    expect(reason("forbidden")).toBe("`git push` rejected: policy forbids commands starting with `git`");
    expect(reason("prompt")).toBe("`git push` requires approval by policy");
    expect(reason("allow")).toBe(undefined);
    const longest =
      'prefix_rule(pattern=["a"], decision="prompt", justification="short")\n' +
      'prefix_rule(pattern=["a", "b"], decision="prompt", justification="long")';
    expect(assess(["a", "b"], longest).reason).toBe("`a b` requires approval: long");
    expect(assess(["rm", "-f", "a"]).reason).toBe(
      "`rm -f a` requires approval: the command removes files without asking",
    );
  });

  test("what a rule does not cover, and the smallest change that would allow it", () => {
    const found = assess(["find", ".", "-exec", "touch", "a", "+"], 'prefix_rule(pattern=["find", "."])');
    expect(found.because.map((reason) => reason.text)).toEqual([
      "the rule for find . does not cover that the command runs another program through an option",
      "no rule covers find, and it is not known only to read",
    ]);
    expect(found.allow_with).toBe('prefix_rule(pattern=["find", ".", "-exec", "touch", "a", "+"], decision="allow")');
  });

  test("why a script was not taken apart", () => {
    expect(assess(bash("ls > x")).because.map((reason) => reason.text)).toEqual([
      "the script redirects input or output, so what it runs is not certain",
    ]);
  });

  test("the change that is proposed does allow it", () => {
    for (const script of ["touch 'a\n\"b]'", "make x", "ls > x", "rm -rf build", "ma x && mb y && ls"]) {
      const { allow_with = "" } = assess(bash(script));
      expect(decide(script, allow_with)).toMatch(/^allow rule/);
    }
  });
});

describe("amendments (exec.md §2.5, §3.9)", () => {
  const offered = (script: string, rules = "", suggestion?: readonly string[]) =>
    assess(bash(script), rules, suggestion === undefined ? {} : { suggestion }).amendment;

  test.each([
    ["the argv of a known-safe command", "echo known-safe-escalation", undefined, ["echo", "known-safe-escalation"]],
    ["the first segment in the way", "ls && touch a && touch b", undefined, ["touch", "a"]],
    ["the model's prefix", "git pull -q", ["git", "pull"], ["git", "pull"]],
    ["not a prefix that leaves a segment uncovered", "touch a && make b", ["touch"], ["touch", "a"]],
    ["not a prefix of something else", "touch a", ["cat"], ["touch", "a"]],
    ["not a prefix that allows nearly anything", "python3 a.py", ["python3"], ["python3", "a.py"]],
    ["the raw script when it is not plain", "touch a > b", ["touch"], bash("touch a > b")],
    ["nothing for a here-document", "cat <<EOF > f\nx\nEOF", ["cat"], undefined],
    ["nothing for python in a here-document", "python3 <<EOF\nx\nEOF", ["python3"], undefined],
    ["nothing for a danger", "rm -rf a", undefined, undefined],
    ["nothing for a danger with a prefix", "ls && rm -rf a", ["rm", "-rf"], undefined],
    ["nothing for a bare interpreter", "python3", undefined, undefined],
  ])("%s", (_, script, suggestion, amendment) => {
    expect(offered(script, "", suggestion)).toEqual(amendment);
  });

  test("nothing when a rule asks, nothing when rules allow all", () => {
    expect(offered("touch a && make b", 'prefix_rule(pattern=["make"], decision="prompt")')).toBe(undefined);
    expect(offered("make b", 'prefix_rule(pattern=["make"])')).toBe(undefined);
  });

  test("an argument that no file can hold is not offered", () => {
    expect(assess(["touch", "\ud800"]).amendment).toBe(undefined);
    expect(assess(["touch", "a\0"]).amendment).toBe(undefined);
  });

  test.each([
    ...[
      "bash",
      "bash -lc",
      "/bin/bash -c",
      "python3",
      "python3.11 -c",
      "node -e",
      "npm run",
      "env",
      "sudo",
      "rm",
      "git",
      "find",
    ],
    ...[
      "xargs",
      "ssh",
      "make",
      "npx",
      "uv run",
      "docker run",
      "perl -e",
      "deno eval",
      "pwsh -Command",
      "cmd /c",
      "",
      "sed",
      "awk",
    ],
  ])("never offered: %j", (line) => {
    expect(isBroadPrefix(splitWords(line) ?? [])).toBe(true);
  });

  test.each(["git status", "npm run test", "cargo test", "touch a", "python3 a.py", "ls", "make test"])(
    "%j may be",
    (line) => {
      expect(isBroadPrefix(splitWords(line) ?? [])).toBe(false);
    },
  );
});

describe("grants at three widths", () => {
  const earlier = [
    bash("git push origin a"),
    bash("git push"),
    bash("git pull; git push origin main -q"),
    bash("ls > x"),
    ["git", "x"],
  ];
  const widths = (script: string, suggestion?: readonly string[]) =>
    assess(bash(script), "", { earlier, ...(suggestion === undefined ? {} : { suggestion }) }).grants.map((grant) => [
      grant.width,
      grant.pattern.join(" "),
      grant.would_have_matched,
    ]);

  test.each([
    [
      "git push origin main -q",
      undefined,
      [
        ["exact", "git push origin main -q", 1],
        ["subcommand", "git push", 3],
        ["prefix", "git push origin main", 1],
      ],
    ],
    [
      "git push origin main -q",
      ["git", "push", "origin"],
      [
        ["exact", "git push origin main -q", 1],
        ["subcommand", "git push", 3],
        ["prefix", "git push origin", 2],
      ],
    ],
    [
      "npm run test -- x",
      undefined,
      [
        ["exact", "npm run test -- x", 0],
        ["subcommand", "npm run test", 0],
      ],
    ],
    [
      "touch a",
      undefined,
      [
        ["exact", "touch a", 0],
        ["prefix", "touch", 0],
      ],
    ],
    ["python3 a.py", undefined, [["exact", "python3 a.py", 0]]],
    ["git log --output=x y", undefined, [["exact", "git log --output=x y", 0]]],
    ["rm -rf a", undefined, []],
  ])("%j with %j", (script, suggestion, grants) => {
    expect(widths(script, suggestion)).toEqual(grants);
  });

  test("a script that is not plain has only its exact text", () => {
    expect(assess(bash("touch a > b")).grants).toEqual([
      { width: "exact", pattern: bash("touch a > b"), would_have_matched: 0 },
    ]);
    const earlier = [bash("touch a > b"), bash("touch a")];
    expect(assess(bash("touch a > b"), "", { earlier }).grants[0]?.would_have_matched).toBe(1);
  });

  test("the commands before are looked at when grants are read, not for each command", () => {
    let looks = 0;
    const counted = {
      argv: bash("touch a"),
      policy: noRules,
      get earlier() {
        looks += 1;
        return [bash("touch b")];
      },
    };
    const assessment = assessCommand(counted);
    expect([assessment.decision, assessment.allow_with, looks]).toEqual([
      "undecided",
      'prefix_rule(pattern=["touch", "a"], decision="allow")',
      0,
    ]);
    expect(assessment.grants.map((grant) => grant.would_have_matched)).toEqual([0, 1]);
    expect(looks).toBe(1);
  });

  test("the same thing under another wrapper has the same key", () => {
    const key = (argv: readonly string[]) => assessCommand({ argv, policy: noRules }).key;
    expect(key(bash("git  push"))).toEqual(key(["git", "push"]));
  });
});
