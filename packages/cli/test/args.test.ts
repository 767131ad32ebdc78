import { describe, expect, it } from "vitest";
import { commandWord } from "../src/command-word.js";
import { parseExec } from "../src/commands/exec-flags.js";
import { parseSandbox } from "../src/commands/sandbox.js";
import { rootProblem } from "../src/commands/unknown.js";
import { isApplyPatch } from "../src/self.js";

function exec(...argv: string[]) {
  const parsed = parseExec(argv);
  if (parsed.type !== "run") throw new Error(`not understood: ${JSON.stringify(parsed)}`);
  return parsed.value;
}

function problem(...argv: string[]) {
  const parsed = parseExec(argv);
  return parsed.type === "usage" ? parsed.message : `${parsed.type}`;
}

describe("the command among root options", () => {
  it.each([
    [["exec", "hi"], "exec", ["hi"]],
    [["-c", "a=b", "exec", "-m", "x"], "exec", ["-c", "a=b", "-m", "x"]],
    [["--config=a=b", "--json", "e", "exec"], "e", ["--config=a=b", "--json", "exec"]],
    [["exec", "--help"], "exec", ["--help"]],
    [["--help"], "--help", []],
    [["--nope"], "--nope", ["--nope"]],
    [["fix the bug"], "fix the bug", []],
    [[], undefined, []],
  ])("%j", (words, command, rest) => {
    expect(commandWord(words)).toEqual({ command, rest });
  });
});

describe("codex exec ARGS (core.md §6.1)", () => {
  it("takes every flag, before and after the prompt", () => {
    const given =
      "-c a=1 --enable x -m gpt prompt --json -s workspace-write -p work -C /tmp --add-dir a --add-dir b " +
      "--skip-git-repo-check -o out --output-schema s.json --color never --ephemeral --replay r.jsonl " +
      "--ignore-user-config --strict-config --disable y -c b=2 -i a.png,b.png -i c.gif --ignore-rules --oss " +
      "--local-provider ollama --max-tokens 5 --max-usd 0.5 --max-turns 3 --background-wait 0";
    expect(exec(...given.split(" "))).toEqual({
      prompt: "prompt",
      json: true,
      sandbox: "workspace-write",
      model: "gpt",
      config: ["a=1", "b=2"],
      enable: ["x"],
      disable: ["y"],
      profile: "work",
      cd: "/tmp",
      addDir: ["a", "b"],
      skipGitRepoCheck: true,
      outputLastMessage: "out",
      outputSchema: "s.json",
      color: "never",
      ephemeral: true,
      replay: "r.jsonl",
      ignoreUserConfig: true,
      strictConfig: true,
      image: ["a.png", "b.png", "c.gif"],
      ignoreRules: true,
      oss: true,
      localProvider: "ollama",
      maxTokens: 5,
      maxUsd: 0.5,
      maxTurns: 3,
      backgroundWait: 0,
    });
  });

  it("knows the older spellings", () => {
    expect(exec("--experimental-json", "--yolo", "-")).toMatchObject({
      json: true,
      dangerouslyBypassApprovalsAndSandbox: true,
      prompt: "-",
    });
  });

  it("takes pictures as the real one does, but leaves it the prompt", () => {
    expect(exec("-i", "a.png", "b.JPG", "look")).toMatchObject({ image: ["a.png", "b.JPG"], prompt: "look" });
    expect(exec("look", "--image", "a.png")).toMatchObject({ image: ["a.png"], prompt: "look" });
    expect(exec("-i", "a.png", "--", "b.png")).toMatchObject({ image: ["a.png"], prompt: "b.png" });
    expect(exec("first.png")).toMatchObject({ image: [], prompt: "first.png" });
  });

  it("takes what the official client says about itself", () => {
    expect(exec("--thread-source", "x", "--cyber-access-program", "y", "z").prompt).toBe("z");
  });

  it("takes what scripts say for the real one, before the command and after it", () => {
    expect(commandWord(["-a", "never", "exec", "x"])).toEqual({ command: "exec", rest: ["-a", "never", "x"] });
    expect(exec("-a", "never", "--search", "x")).toMatchObject({ prompt: "x", search: true });
  });

  it("takes what follows -- as the prompt", () => {
    expect(exec("--json", "--", "--text").prompt).toBe("--text");
  });

  it.each([
    [["--jsn"], /^error: unknown option '--jsn' \(Did you mean --json\?\)$/],
    [["-s", "nowhere", "x"], /^error: .*'nowhere' is invalid\. Allowed choices are read-only, .*$/],
    [["one", "two"], /^error: too many arguments/],
    [["-m"], /^error: option '-m, --model <NAME>' argument missing$/],
    [["--yolo", "-s", "read-only", "x"], /^error: .*cannot be used with/],
    [["--replay", "a", "--record", "b", "x"], /^error: --replay cannot be used with --record, unless --from N/],
    [["--from", "2", "x"], /^error: --from needs the recording: --replay FILE$/],
    [["--replay", "a", "--from", "two", "x"], /^error: .*'two' is invalid.*whole number/],
    [["--full-auto", "-s", "read-only", "x"], /^error: .*cannot be used with/],
    [["--full-auto", "--yolo", "x"], /^error: .*cannot be used with/],
    [["--max-usd", "much", "x"], /^error: .*'much' is invalid\. It is not a number\.$/],
    [["--local-provider", "other", "x"], /^error: .*Allowed choices are ollama, lmstudio/],
  ])("%j is a mistake, told in one line", (argv, message) => {
    expect(problem(...argv)).toMatch(message);
    expect(problem(...argv)).not.toContain("\n");
  });

  it("shows help without the older spellings", () => {
    const parsed = parseExec(["--help"]);
    const text = parsed.type === "help" ? parsed.text : "";
    expect(text).toContain("--output-last-message");
    expect(text).toContain("--image");
    expect(text).not.toMatch(/--full-auto|--thread-source/);
  });
});

describe("codex sandbox ARGS", () => {
  it("leaves the command's own flags alone", () => {
    expect(parseSandbox(["-s", "read-only", "--", "ls", "-la", "--status"])).toMatchObject({
      value: { sandbox: "read-only", command: ["ls", "-la", "--status"] },
    });
    expect(parseSandbox(["ls", "-s"])).toMatchObject({ value: { command: ["ls", "-s"] } });
  });
});

describe("what is no command", () => {
  it("is named, with the nearest one", () => {
    expect(rootProblem("exce")).toBe("error: unknown command 'exce' (Did you mean exec?)");
    expect(rootProblem("--jsn")).toMatch(/^error: unknown option '--jsn'/);
  });

  it("is not the hidden entry", () => {
    expect(isApplyPatch("/x/dist/main.js", "exec")).toBe(false);
    expect(isApplyPatch("/x/apply_patch", "PATCH")).toBe(true);
    expect(isApplyPatch("/x/dist/main.js", "--codex-run-as-apply-patch")).toBe(true);
  });
});
