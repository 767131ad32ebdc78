import { describe, expect, test } from "vitest";
import { findDanger, hazardsOf, splitWords } from "../src/index.js";

const words = (line: string) => splitWords(line) ?? [];
const script = (text: string) => ["bash", "-lc", text];

/** Processor time of this process, in milliseconds: other work on the machine does not count. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

describe("dangers", () => {
  test.each([
    "rm -f a",
    "rm -rf a",
    "rm -vrf a",
    "rm --force a",
    "rm --for a",
    "rm --f a",
    "/bin/rm -f a",
    "rm a -f",
    "RM -f a",
    "rm -r /",
    "rm -R ~",
    "rm -r ..",
    "rm -r --no-preserve-root x",
    "sudo rm -f a",
    "sudo -u root rm -rf a",
    "env -i A=1 rm -f a",
    "env -S 'rm -f a'",
    "xargs rm -f",
    "xargs -0 -I{} sh -c 'rm -f {}'",
    "find . -delete",
    "find . -exec rm -f {} +",
    "timeout 5 nice -n 3 nohup rm -f a",
    "busybox rm -rf a",
    "sudo env bash -c 'cd x; rm -rf .'",
    "trap 'rm -f a' EXIT",
    "eval rm -f a",
    "sudo su -c 'rm -rf x'",
    "su root -c 'rm -rf x'",
    "env '-Srm -f a'",
    "env '--split-string=rm -f a'",
    "watch 'rm -f a'",
    "flock -w 5 /lock rm -f a",
    "chroot /x rm -f a",
    "bwrap --setenv A B rm -f a",
    "nice -n 5 ionice -c 3 rm -f a",
    "fd x -x rm -f",
    "fd -HIX rm -f",
    "shred a",
    "git clean -fdx",
    "git -C x clean --force",
    "git reset --hard",
    "git push --force",
    "git push origin +main",
    "git push origin :main",
    "git push -f",
    "git stash drop",
    "dd if=x of=/dev/sda",
    "mkfs.ext4 /dev/x",
    "chmod -R 777 /",
    "chown -R me ~",
    "shutdown now",
    "systemctl reboot",
    "kill -9 -1",
    "cp x /dev/sda",
  ])("%s", (line) => {
    expect(findDanger(words(line))).toBeDefined();
  });

  test.each([
    "rm a",
    "rm -r build",
    "rm -- -f",
    "echo rm -f",
    "git clean -n",
    "git clean -fn",
    "git push",
    "git reset --soft HEAD~1",
    "dd if=/dev/zero of=x",
    "chmod -R u+x bin/x",
    "kill -9 123",
    "find . -name rm",
    "sudo ls",
    "sudo echo rm -f a",
    "xargs grep rm -f",
    "init",
    "",
  ])("not %j", (line) => {
    expect(findDanger(words(line))).toBe(undefined);
  });

  test.each([
    "for f in *; do rm -f $f; done",
    "(rm -f a)",
    "echo $(rm -f a)",
    "echo `rm -f a`",
    'echo "x $(rm -f a)"',
    "X=1 rm -f a",
    ">x rm -f a",
    "2>/dev/null rm -f a",
    "if true; then rm -f a; fi",
    "! rm -f a",
    "{ rm -f a; }",
    "f() { rm -f a; }; f",
    "true &rm -f a",
    "r\\m -f a",
    "'rm' '-f' a",
    "$'rm' -f a",
    "$'\\x72m' -f a",
    "{rm,-f,a}",
    "$(which rm) -f a",
    "bash <<EOF\nrm -f a\nEOF",
    "cat <<EOF | sh\nrm -f a\nEOF",
    "cat <<EOF\n$(rm -f a)\nEOF",
    "cat <<'EOF'\nx\nEOF\nrm -f a",
    'cat <<E"O"F\nx\nEOF\nrm -f a',
    "echo $((1<<x)); rm -f a\nrm -f b",
    "cat <<EOF\nrm -f a\nb",
    "sh -c 'sh -c \"rm -f a\"'",
    "diff <(rm -f a) b",
    "case x in x) rm -f a;; esac",
    "[ -f a ] && rm -f a",
    "rm \\\n-f a",
    "echo a; # b\nrm -f a",
  ])("anywhere in a script: %j", (text) => {
    expect(findDanger(script(text))?.kind).toBe("forced_removal");
  });

  test.each([
    "cat > notes <<'EOF'\nrm -rf build\nEOF",
    "echo 'rm -rf build' > x",
    "# rm -f a\nls $X",
    'git commit -m "do not rm -f $X"',
  ])("not where it is only text: %j", (text) => {
    expect(findDanger(script(text))).toBe(undefined);
  });

  test("what is nested or long beyond checking is dangerous, and found soon", () => {
    const start = processorTime();
    expect(findDanger(words(`${"sudo ".repeat(6)}rm -f a`))?.kind).toBe("forced_removal");
    expect(findDanger(["env", ...Array.from({ length: 100 }, () => "env"), "ls"])?.kind).toBe("too_deep");
    expect(findDanger(["xargs", ...Array.from({ length: 5000 }, () => "a"), "rm", "-f"])?.kind).toBe("too_deep");
    expect(findDanger(script("$(".repeat(100_000)))?.kind).toBe("too_deep");
    expect(findDanger(script(`echo "${"$(".repeat(2000)}"`))?.kind).toBe("too_deep");
    expect(processorTime() - start).toBeLessThan(3000);
  });
});

describe("hazards: what options make a program do", () => {
  test.each([
    "find . -exec a ;",
    "find . -delete",
    "rg --pre a",
    "git log --output=x",
    "git diff --ext-d",
    "git clone -c a=b x",
    "git fetch --upload-pack=x y",
    "git clone ext::sh",
    "git rebase -x make",
    "git submodule foreach x",
    "git bisect run x",
    "sort -o x",
    "sort --outp=x",
    "base64 -o x",
    "tar --to-command=x",
    "tar --checkpoint-action=exec=x",
    "tar -I x",
    "man -P x ls",
    "less -o x",
    "date -s x",
    "sed -i s/a/b/ x",
    "sed 1e x",
    "sed s/a/b/w x",
    "sed s/a/b/e x",
    "sed -n 'w x' a",
    "sed -f x a",
    "sed -e 1p a",
    "awk 'BEGIN{system(1)}'",
    "awk '{print > 1}'",
    "awk -f x",
    "uniq a b",
    "curl -o x y",
    "curl -K x",
    "wget -O x y",
    "ssh -oProxyCommand=x y",
    "rsync -e x a b",
    "/usr/bin/find . -exec a",
  ])("%s", (line) => {
    expect(hazardsOf(words(line))).not.toEqual([]);
  });

  test.each([
    "find . -name x",
    "rg -n a",
    "git log -p --text",
    "git switch -c x",
    "git add -p",
    "sort -k2 a",
    "sed s/a/b/g x",
    "sed -n 1,3p x",
    "awk '{print}' x",
    "uniq a",
    "date +%s",
    "curl -sS x",
    "ls",
    "",
  ])("not %j", (line) => {
    expect(hazardsOf(words(line))).toEqual([]);
  });
});
