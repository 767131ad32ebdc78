import { describe, expect, test } from "vitest";
import { isKnownSafe, onlyReads, readWrapper, splitWords } from "../src/index.js";

const trusted = { repository: "trusted" } as const;
const words = (line: string) => splitWords(line) ?? [];

describe("commands that only read", () => {
  test.each(
    (
      "cat a|cd x|echo hi|expr 1 + 1|false|grep -rn --include=*.ts foo .|head -n 5 a|id|ls -la|nl a|paste a b|pwd|rev a|seq 3|" +
      "stat a|tail -5 a|tr a b|true|uname -a|uniq -c in|wc -l a|which ls|whoami|numfmt 1|tac a|base64 -d a|find . -name *.ts|" +
      "find . -type f -newermt 2020-01-01 -size -10k|rg -n -i foo src|rg --files -g *.ts|sed -n 1,5p a|sed -n 3p|/bin/ls|/usr/bin/cat a|" +
      "sort -rn -k2 a|date +%s|date -u|diff -u a b|tree -L 2|file a|realpath a|sha256sum a|git status --short|git log --oneline -n 5|" +
      "git diff --stat HEAD|git show HEAD|git branch|git branch -a -vv|git branch --show-current|git log --format=%h -- a"
    ).split("|"),
  )("%s", (line) => {
    expect(isKnownSafe(words(line), trusted)).toBe(true);
  });

  test("scripts of such commands, in any wrapper", () => {
    expect(onlyReads(["bash", "-lc", "cd src && rg foo | head -n 3; pwd"], {})).toBe(true);
    expect(onlyReads(["zsh", "-c", "ls && git status"], trusted)).toBe(true);
  });
});

describe("every known way around the list is closed", () => {
  test.each(
    // exec.md §3.1
    (
      "find d -name f1 -delete|find . -exec rm {} ;|find . -execdir a|find . -ok a|find . -okdir a|find . -fls x|find . -fprint x|" +
      "find . -fprint0 x|find . -fprintf x y|find . -unknown|find -files0-from x|uniq in out|uniq -c in out|uniq --all-repeated in out|" +
      "base64 -o x|base64 -ox|base64 --output x|base64 --output=x|base64 -do x|rg --pre a b|rg --pre=a b|rg --hostname-bin=a b|" +
      "rg --search-zip b|rg -z b|rg -nz b|rg --pre-glob=x --pre a|/tmp/evil/cat a|./cat a|bin/ls|evil/rg x|" +
      "git -C x status|git -c core.pager=x log|git -ccore.pager=x log|git --config-env=a=b log|git --config-env a=b status|git -p log|" +
      "git --paginate log|git --exec-path=x log|git --git-dir=x status|git --git-dir x status|git --work-tree=x status|" +
      "git --namespace=x log|git --super-prefix=x log|git --no-pager log|git log --output=x|git log --output x|git diff --ext-diff|" +
      "git diff --ext-d|git show --textconv|git log --exec=x|git status --unknown|git branch new|git branch -d x|git branch -r -d x|" +
      "git branch --list x|git branch -m a b|git log --format=%G?|git log --pretty=mine|git log --show-signature|git log --pretty=format:%<(5)%GK|" +
      "git branch --format=%(signature)|git push|git config -l|git evil|git|" +
      "sed -n 1p -i|sed -n 1p -fevil|sed -n 1p --in-place=x|sed -n 1w|sed -n 1,5p a b|sed -n 1e a|sed 1p a|sed -n s/a/b/w a|sed -n -e 1p|" +
      // more
      "sort -o x a|sort -ro x|sort --output=x a|sort --outp=x a|sort --compress-program=x a|sort -T /x a|tree -o x|tree -R -H x|file -C|" +
      "date -s 12:00|date --set=x|date --se=x|date 01010000|diff --unknown|tee x|xargs rm|xargs ls|awk 1|gawk 1|tar tf x|less a|more a|man ls|" +
      "env ls|env X=1 ls|nohup ls|sudo ls|time ls|nice ls|busybox ls|cp a b|hostname x|python3 -c 1|node a|curl x|make|sh -c ls|" +
      "printenv|yes|dd if=a|touch a|rm a|grep --unknown x|grep --filter=x y|xxd -r a b|ssh x|tailf x"
    ).split("|"),
  )("%s", (line) => {
    expect(words(line).length).toBeGreaterThan(0);
    expect(isKnownSafe(words(line), trusted)).toBe(false);
  });

  test.each([
    "find d -name f1 \\-delete",
    "find d -type f {-delete,-print}",
    "find d *",
    "ls > x",
    "PATH=/tmp/evil ls",
    "cat a; touch b",
    "ls $(touch x)",
    "cat <<EOF\nEOF",
    "alias ls=evil; ls",
    "hash -p /tmp/evil ls; ls",
    "cd x && git status",
    "ls | tee x",
    "echo x | sh",
  ])("script %j", (script) => {
    expect(readWrapper(["bash", "-lc", script])).toBeDefined();
    expect(onlyReads(["bash", "-lc", script], trusted)).toBe(false);
  });

  test("git is never known to be safe in a repository for which nobody vouches: its configuration names programs", () => {
    for (const line of ["git status", "git diff", "git log"]) expect(isKnownSafe(words(line), {})).toBe(false);
  });

  test("nothing, a NUL and names of object properties are not safe", () => {
    for (const argv of [[], [""], ["ls", "a\0b"], ["constructor"], ["__proto__"], ["toString"]]) {
      expect(isKnownSafe(argv, trusted)).toBe(false);
    }
  });
});
