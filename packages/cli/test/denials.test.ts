import { beforeEach, describe, expect, it } from "vitest";
import { ev } from "@codex/test-support";
import { codex, type Ran } from "./codex.js";
import { setStage } from "./stage.js";

const stage = setStage();

/** One turn that runs `command` and says done. */
function run(command: string, ...flags: readonly string[]): Promise<Ran> {
  return runWith({}, command, ...flags);
}

/** The same with variables of ours. */
function runWith(env: Readonly<Record<string, string>>, command: string, ...flags: readonly string[]): Promise<Ran> {
  stage.server.answer(
    [ev.call("c1", "exec_command", { cmd: command, login: false }), ev.completed()],
    [ev.message("done"), ev.completed()],
  );
  return codex(["exec", ...flags, "go"], stage.options({ env }));
}

const WHY = "probably: the sandbox (read-only) lets nothing be written";

describe("what the sandbox refused (peers.md §2, 13)", () => {
  it("is told to the model and to the person, beside the command's own words", async () => {
    const { code, stdout, stderr } = await run("touch new.txt");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "done\n" });
    const target = `${stage.project.path}/new.txt`;
    const remedy = `(${target}); the user can allow it with -s workspace-write\n`;
    expect(stderr).toContain("Read-only file system\n");
    expect(stderr).toContain(`\nsandbox: ${WHY} ${remedy}`);
    expect(JSON.stringify(stage.server.requests[1]?.body)).toContain(`[sandbox] ${WHY} `);
  });

  it("is a typed field of the item in JSON lines, which hold nothing else", async () => {
    const { code, stdout, stderr } = await run("touch new.txt", "--json");
    const lines = stdout.trimEnd().split("\n");
    const items = lines.map((line): unknown => JSON.parse(line));
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining("sandbox:") });
    expect(items).toContainEqual({
      type: "item.completed",
      item: expect.objectContaining({
        type: "command_execution",
        exit_code: 1,
        denial: {
          layer: "filesystem",
          target: `${stage.project.path}/new.txt`,
          rule: { layer: "filesystem", text: WHY.replace("probably: ", "") },
          allow_with: "-s workspace-write",
          certain: false,
        },
      }),
    });
  });

  it("is not invented where the command failed by itself", async () => {
    const { stdout } = await run("cat missing.txt; exit 3", "--json");
    expect(stdout).toContain('"exit_code":3');
    expect(stdout).not.toContain('"denial"');
  });
});

describe("variables that look like secrets", () => {
  const SECRETS = { GH_TOKEN: "gh-0000", AWS_SECRET_ACCESS_KEY: "aws-0000", OPENAI_API_KEY: "oa-0000", EDITOR: "vi" };
  const SHOW = "echo seen: $GH_TOKEN $AWS_SECRET_ACCESS_KEY $OPENAI_API_KEY $EDITOR";
  const KEY = "shell_environment_policy.ignore_default_excludes=true";
  const NOTICE =
    `withheld from commands: AWS_SECRET_ACCESS_KEY, GH_TOKEN (to pass: ${KEY}); ` +
    "OPENAI_API_KEY (to pass: shell_environment_policy.set)\n";

  it.each([[[]], [["--json"]]])(
    "are withheld and named on stderr once, with the key that passes them: %j",
    async (flags) => {
      const { stdout, stderr } = await runWith(SECRETS, SHOW, ...flags);
      expect(stderr.split(NOTICE)).toHaveLength(2);
      expect(stdout + stderr + JSON.stringify(stage.server.requests[1]?.body)).not.toMatch(/(gh|aws|oa)-0000/);
      expect(JSON.stringify(stage.server.requests[1]?.body)).toContain("seen: vi");
      if (flags.length > 0) for (const line of stdout.trimEnd().split("\n")) JSON.parse(line);
    },
  );

  it.each([
    [["-c", KEY], "seen: gh-0000 aws-0000 vi"],
    [["-c", 'shell_environment_policy.set={GH_TOKEN="mine"}'], "seen: mine vi"],
    [["-s", "danger-full-access"], "seen: gh-0000 aws-0000 vi"],
  ])("are passed with %j", async (flags, seen) => {
    const { stderr } = await runWith(SECRETS, SHOW, ...flags);
    expect(JSON.stringify(stage.server.requests[1]?.body)).toContain(seen);
    expect(stderr).toContain("OPENAI_API_KEY (to pass: shell_environment_policy.set)\n");
  });

  it("are not spoken of where there are none", async () => {
    expect((await run("true")).stderr).not.toContain("withheld");
  });
});

describe("sandbox.deny", () => {
  const DENY = ["-c", 'sandbox.deny=[".env", "keys/*.pem"]'];

  beforeEach(async () => {
    await stage.project.write(".env", "PASSWORD=1234\n");
    await stage.project.write("keys/a.pem", "PEM 1234\n");
    await stage.project.write("keys/a.txt", "open\n");
  });

  it("hides files from commands, and says so to the model and the person", async () => {
    const script =
      "cat .env; cat keys/a.pem; cat keys/a.txt; cp .env copy; ln .env link; cat /proc/self/root$PWD/.env; false";
    const { stderr } = await run(script, "-s", "workspace-write", ...DENY);
    expect(stderr).toContain("open\n");
    expect(stderr).toContain(`sandbox: probably: ${stage.project.path}/.env is not readable`);
    expect(stderr + JSON.stringify(stage.server.requests[1]?.body)).not.toContain("1234");
  });

  it("hides them from patches too", async () => {
    const patch = "*** Begin Patch\n*** Update File: .env\n@@\n-PASSWORD=1234\n+PASSWORD=\n*** End Patch\n";
    stage.server.answer(
      [ev.customCall("c1", "apply_patch", patch), ev.completed()],
      [ev.message("done"), ev.completed()],
    );
    const words = ["exec", "-s", "workspace-write", ...DENY, "go"];
    await codex(words, stage.options());
    expect(await stage.project.read(".env")).toBe("PASSWORD=1234\n");
  });

  it("is said not to be held where nothing is confined", async () => {
    const { stderr } = await run("true", "-s", "danger-full-access", ...DENY);
    expect(stderr).toContain(
      "warning: sandbox.deny is not held: under danger-full-access commands can read everything\n",
    );
  });

  it("is shown by `codex sandbox --status` and `codex explain`", async () => {
    const options = stage.options();
    const status = await codex(["sandbox", "--status", ...DENY], options);
    expect(status.stdout).toMatch(/^read-only: .*; unreadable: 2 paths\n/);
    const explained = await codex(["explain", ...DENY, "--", "cat", ".env"], options);
    expect(explained.stdout).toContain(`hidden: ${stage.project.path}/.env\n`);
    const ran = await codex(["sandbox", ...DENY, "--", "cat", ".env"], options);
    expect(ran).toMatchObject({ code: 1, stdout: "" });
  });

  it("opens what is known to be secret only when that is asked for", async () => {
    await stage.project.write("home/.ssh/id", "PRIVATE 1234\n");
    const options = stage.options({ env: { HOME: `${stage.project.path}/home` } });
    const words = ["--", "cat", "home/.ssh/id"];
    expect(await codex(["sandbox", ...words], options)).toMatchObject({ code: 1, stdout: "" });
    const shown = await codex(["sandbox", "-c", 'sandbox.known_secrets="show"', ...words], options);
    expect(shown).toMatchObject({ code: 0, stdout: "PRIVATE 1234\n" });
  });
});
