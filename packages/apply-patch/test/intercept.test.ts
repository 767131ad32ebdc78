import { describe, expect, test } from "vitest";
import { findPatchInCommand } from "../src/index.js";
import { patchOf } from "./memory-files.js";

const body = patchOf("*** Add File: a", "+$HOME `x` \\n");
const call = `apply_patch <<'EOF'\n${body}\nEOF`;
const none = { type: "none" };
const found = { type: "patch", text: body };

describe("a patch inside a command", () => {
  test.each(["apply_patch", "applypatch"])("is found after the word %s", (name) => {
    expect(findPatchInCommand([name, body])).toEqual(found);
    expect(findPatchInCommand([name, body, "x"])).toEqual(none);
    expect(findPatchInCommand([name])).toEqual(none);
    expect(findPatchInCommand(["bash", "-lc", `${name} <<X\n${body}\nX\n`])).toEqual(found);
  });
  test.each([
    ["bash", "-lc"],
    ["/usr/bin/bash", "-c"],
    ["zsh", "-lc"],
    ["sh", "-c"],
    ["C:\\Windows\\PowerShell.EXE", "-Command"],
    ["pwsh", "-NoProfile", "-Command"],
    ["cmd.exe", "/c"],
  ])("is found in a script of %s", (...argv) => {
    expect(findPatchInCommand([...argv, call])).toEqual(found);
  });
  test.each([
    [["bash", call]],
    [["bash", "-x", call]],
    [["bash", "-lc", call, "arg"]],
    [["bash", "-e", "-c", call]],
    [["fish", "-c", call]],
    [["pwsh", "-NoExit", "-Command", call]],
    [["env", "bash", "-c", call]],
    [[]],
  ])("is not sought in other programs or flags (%#)", (argv) => {
    expect(findPatchInCommand(argv)).toEqual(none);
  });
  test.each([
    ["cd sub/dir-1.0 && ", "sub/dir-1.0"],
    ["cd /abs/päth &&\n", "/abs/päth"],
    ['cd "with space" && ', "with space"],
    ["cd 'it is $5'&&", "it is $5"],
    ["\n  cd .. && ", ".."],
  ])("after %j is found with its directory", (prefix, directory) => {
    expect(findPatchInCommand(["bash", "-lc", prefix + call])).toEqual({ ...found, directory });
  });
  test.each([
    'cd "$X/foo" && ',
    'cd "foo$X" && ',
    "cd `pwd` && ",
    "cd ~/x && ",
    "cd ~ && ",
    'cd "~" && ',
    "cd - && ",
    "cd '-' && ",
    "cd -P x && ",
    "cd -- foo && ",
    "cd foo\\ bar && ",
    "cd 'a\\b' && ",
    "cd 'a'b && ",
    "cd a b && ",
    "cd a* && ",
    "cd {a,b} && ",
    "cd '' && ",
    "cd && ",
    "cd a; ",
    "cd a || ",
    "cd a | ",
    "cd a & ",
    "cd a\n",
    "cd a && cd b && ",
    "A=1 ",
    "! ",
    "echo x && ",
    "# note\n",
    "(",
    "exec ",
  ])("after %j is left to the shell", (prefix) => {
    expect(findPatchInCommand(["bash", "-lc", prefix + call])).toEqual(none);
  });
  test.each(["\necho done", " && id", "\n# note", "\n)"])("followed by %j is left to the shell", (suffix) => {
    expect(findPatchInCommand(["bash", "-lc", call + suffix])).toEqual(none);
  });
  test.each([
    `apply_patch extra <<'EOF'\n${body}\nEOF`,
    `apply_patch <<'EOF' > out\n${body}\nEOF`,
    `apply_patch <<'EOF' | sh\n${body}\nEOF`,
    `apply_patch <<'EOF' && id\n${body}\nEOF`,
    `apply_patch <<-'EOF'\n${body}\nEOF`,
    `apply_patch <<'EOF\n${body}\nEOF`,
    `apply_patch <<'EOF'\n${body}\n EOF`,
    `apply_patch <<EOF;\n${body}\nEOF`,
    `apply_patch '${body}'`,
    "apply_patch",
  ])("in the form %j is left to the shell", (script) => {
    expect(findPatchInCommand(["bash", "-lc", script])).toEqual(none);
  });
  test("is taken as it stands up to the first terminator, also when it is empty or ends lines with CRLF", () => {
    expect(findPatchInCommand(["sh", "-c", "apply_patch <<EOF\nEOF"])).toEqual({ type: "patch", text: "" });
    const windows = call.replaceAll("\n", "\r\n");
    expect(findPatchInCommand(["cmd", "/c", windows])).toEqual({
      type: "patch",
      text: `${body.replaceAll("\n", "\r\n")}\r`,
    });
  });
  test("without the word that applies it is reported, and a broken one is not", () => {
    const unnamed = expect.objectContaining({ type: "unnamed", message: expect.stringContaining("Rerun as") });
    expect(findPatchInCommand([body])).toEqual(unnamed);
    expect(findPatchInCommand(["bash", "-lc", body])).toEqual(unnamed);
    expect(findPatchInCommand(["bash", "-lc", `cat <<EOF\n${body}\nEOF`])).toEqual(none);
    expect(findPatchInCommand(["*** Begin Patch"])).toEqual(none);
    expect(findPatchInCommand(["ls"])).toEqual(none);
  });
});
