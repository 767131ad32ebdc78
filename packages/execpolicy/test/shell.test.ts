import { describe, expect, test } from "vitest";
import { canonicalCommand, parsePlainScript, readCommand, type ShellName } from "../src/index.js";

function argvs(script: string, shell: ShellName = "bash"): unknown {
  const parsed = parsePlainScript(script, shell);
  return parsed.type === "plain" ? parsed.commands.map((command) => command.argv) : parsed.reason;
}

describe("plain scripts (exec.md §3.3)", () => {
  test.each([
    ["ls && cat a | wc -l; pwd", [["ls"], ["cat", "a"], ["wc", "-l"], ["pwd"]]],
    ["ls\ncat a\n", [["ls"], ["cat", "a"]]],
    ["ls;", [["ls"]]],
    ["ls \\\n -l", [["ls", "-l"]]],
    ["l\\\ns", [["ls"]]],
    ["echo a=b", [["echo", "a=b"]]],
    [`echo 'a b' "c'd" e"f"'g'`, [["echo", "a b", "c'd", "efg"]]],
    ['grep "a\\"b\\\\c\\.d\\$e"', [["grep", 'a"b\\c\\.d$e']]],
    ["find . \\( -name a \\) a\\ b", [["find", ".", "(", "-name", "a", ")", "a b"]]],
    ["cat привет.txt 'ü b'", [["cat", "привет.txt", "ü b"]]],
    ["git show HEAD~1 HEAD^", [["git", "show", "HEAD~1", "HEAD^"]]],
    ['git commit -m "fix!"', [["git", "commit", "-m", "fix!"]]],
    ["a &&\n\n b |\n c", [["a"], ["b"], ["c"]]],
    ["echo ''", [["echo", ""]]],
    ["./run.sh x", [["./run.sh", "x"]]],
  ])("%j is understood", (script, commands) => {
    expect(argvs(script)).toEqual(commands);
  });

  test("a backslash or a quote before an option is taken away, as the shell does (§3.1)", () => {
    expect(argvs("find d -name f1 \\-delete")).toEqual([["find", "d", "-name", "f1", "-delete"]]);
    expect(argvs("find d '-del'ete")).toEqual([["find", "d", "-delete"]]);
  });

  test.each([
    ["find d -type f {-delete,-print}", "has braces"],
    ["ls *", "has a file name pattern"],
    ["cat ~/x", "has a ~ path"],
    ["echo a=~/x", "has a ~ path"],
    ["# c", "has a comment"],
    ["! ls", "negates a command"],
    ["ls 2>&1", "redirects input or output"],
    ["ls > x", "redirects input or output"],
    ["cat < x", "redirects input or output"],
    ["cat <<< x", "has a here-document"],
    ["cat <<EOF\nEOF", "has a here-document"],
    ["ls &", "runs a command in the background"],
    ["ls |& wc", "redirects input or output"],
    ["echo $'a'", "has a $'…' string"],
    ["echo $X", "expands a variable"],
    ["echo $(ls)", "runs a command inside another"],
    ["echo `ls`", "runs a command inside another"],
    ['echo "$(ls)"', "has an open or expanding quote"],
    ['echo "a$"', "has an open or expanding quote"],
    ["X=1 ls", 'has "X=1" where a program\'s name should be'],
    ["export X=1", "uses the shell's own export"],
    ["'ls'", "has a quoted program name"],
    ["\\ls", "has a quoted program name"],
    ["[ -f a ]", "has a file name pattern"],
    ["{ ls; }", "has braces"],
    ["(ls)", "has a subshell or a function"],
    ["f() { ls; }", "has a subshell or a function"],
    ["for i in a; do ls; done", "uses the shell's own for"],
    ["12", 'has "12" where a program\'s name should be'],
    ["time ls", "uses the shell's own time"],
    ["eval ls", "uses the shell's own eval"],
    ["exec ls", "uses the shell's own exec"],
    ["command ls", "uses the shell's own command"],
    ["printf -v PATH x", "lets printf set a variable"],
    ["printf '%5n' PATH", "lets printf set a variable"],
    ["test -v 'a[$(ls)]'", "has a subscript in test"],
    ["exit 1; ls", "uses the shell's own exit"],
    ["ls &&", "ends in the middle of a command"],
    ["; ls", "does not follow the shell's grammar"],
    ["ls ;; ls", "does not follow the shell's grammar"],
    ["ls\n; ls", "does not follow the shell's grammar"],
    ["", "is empty"],
    [" \n ", "is empty"],
    ["ls 'a", "has an open or expanding quote"],
    ["ls \\", "has a backslash that is not understood"],
    ["ls a\rb", "has control characters"],
    ["ls '\x01'", "has control characters"],
    ["ls '\ud800'", "has control characters"],
    ["ls a\u00a0b", "has a word that is not literal"],
    ["cat é|tee", "has a word that is not literal"],
    [`ls ${"a".repeat(70_000)}`, "is too long"],
    ["ls;".repeat(300), "has too many commands"],
  ])("%j is unknown", (script, reason) => {
    expect(argvs(script)).toBe(reason);
  });

  test("zsh reads more into words, so more is unknown", () => {
    for (const script of ["ls a^", "ls HEAD~1", "ls a#", "echo 'a''b'", "echo 'a'\\\n'b''c'", "echo =ls"]) {
      expect(argvs(script, "zsh")).toBeTypeOf("string");
    }
    expect(argvs("ls -l | wc", "zsh")).toEqual([["ls", "-l"], ["wc"]]);
  });
});

describe("wrappers", () => {
  test.each([
    [["bash", "-lc", "ls -l"]],
    [["bash", "-c", "ls   -l"]],
    [["/bin/bash", "-lc", "'ls'"].with(2, "ls '-l'")],
    [["/usr/bin/zsh", "-l", "-c", "ls -l"]],
    [["sh", "-c", 'bash -lc "ls -l"']],
    [["ls", "-l"]],
  ])("%j is the same command", (argv) => {
    expect(canonicalCommand(argv)).toEqual(["ls", "-l"]);
  });

  test.each([
    [["/tmp/evil/bash", "-c", "ls"]],
    [["./bash", "-c", "ls"]],
    [["bash", "-c", "ls", "x"]],
    [["bash", "-ec", "ls"]],
    [["bash", "-l -c", "ls"]],
    [["bash", "-l", "-c", "ls", "x"]],
    [["bash", "-l"]],
    [["bash"]],
    [["env", "bash", "-c", "ls"]],
    [["fish", "-c", "ls"]],
  ])("%j is taken as it stands", (argv) => {
    expect(readCommand(argv)).toEqual({ type: "direct", commands: [{ argv, joined: "first" }] });
  });

  test("spacing and quoting of several commands make no difference, their joints do", () => {
    const key = (script: string) => canonicalCommand(["bash", "-lc", script]);
    expect(key("a &&  b 'c d'")).toEqual(key('a&&b "c d"'));
    expect(key("a && b")).not.toEqual(key("a || b"));
    expect(key("a && bash -c 'b || c'")).not.toEqual(key("a && b || c"));
    expect(key("a > b")).not.toEqual(canonicalCommand(["zsh", "-lc", "a > b"]));
  });

  test("shells inside shells are read a few levels deep", () => {
    expect(readCommand(["bash", "-c", "cd x && sh -c 'a; b' | c"])).toEqual({
      type: "plain",
      commands: [
        { argv: ["cd", "x"], joined: "first" },
        { argv: ["a"], joined: "and" },
        { argv: ["b"], joined: "then" },
        { argv: ["c"], joined: "pipe" },
      ],
    });
    expect(readCommand(["bash", "-c", "sh -c 'echo $X'"])).toMatchObject({
      reason: "has a script that expands a variable",
    });
  });
});
