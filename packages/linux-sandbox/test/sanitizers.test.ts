/** The helper built with AddressSanitizer and UndefinedBehaviorSanitizer, through every stage it has. */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

import { confine, connectFiles, fileServer, unconfined } from "../src/index.js";
import type { Confinement } from "../src/index.js";
import { buildFuzzer, buildSanitizedHelper, SANITIZER_ENV } from "./support/sanitized.js";
import { NEVER, command, confineTo, createPlace, describeForUsers, describeSandbox, run } from "./support/sandbox.js";
import type { Outcome, Place, User } from "./support/sandbox.js";

const helper = buildSanitizedHelper();
const ROUNDS = process.env["CODEX_FUZZ_RUNS"] ?? "20000";

function sanitized(confinement: Confinement): Confinement {
  return { ...confinement, helper: helper ?? confinement.helper };
}

async function script(place: Place, confinement: Confinement, text: string): Promise<Outcome> {
  const argv = confine(sanitized(confinement), command(place.root, "bash", "-c", text));
  return run(argv, { user: place.user, env: { ...SANITIZER_ENV, OUT: place.outside } });
}

/** A place with everything a policy can name. */
function createFullPlace(user: User): Place {
  const place = createPlace(user);
  for (const folder of [".git", "keys"]) mkdirSync(join(place.root, folder));
  writeFileSync(join(place.root, "keys/one"), "secret\n");
  return place;
}

describeForUsers("no stage of the helper steps aside", (user) => {
  it("with roots, protected and unreadable paths, with and without the network", async () => {
    const place = createFullPlace(user);
    const denied = [join(place.root, "keys"), join(place.outside, "file")];
    for (const network of [true, false]) {
      const confinement = await confineTo(place.root, { network, denied, roots: [join(place.outside)] });
      const text = "echo in > new; mkdir .codex/x; echo x > .git/x; cat keys/one $OUT/file; (sleep 100 &); exit 3";
      const outcome = await script(place, confinement, text);
      expect(outcome).toMatchObject({ code: 3, stdout: "", status: "" });
      expect(outcome.stderr).not.toMatch(/Sanitizer|runtime error/);
    }
  });

  it("with Landlock and the filter alone, and with nothing", async () => {
    const place = createFullPlace(user);
    const confinement = { ...(await confineTo(place.root)), layers: "landlock" } as const;
    const landlock = await script(place, confinement, "echo in > new; (sleep 100 &); echo x > $OUT/new");
    expect(landlock).toMatchObject({ code: 1, status: "", stderr: expect.stringMatching(/Permission denied\n$/) });
    const argv = unconfined(sanitized(confinement).helper, command(place.root, "sh", "-c", "(sleep 100 &); exit 4"));
    expect(await run(argv, { user, env: SANITIZER_ENV })).toMatchObject({ code: 4, stderr: "", status: "" });
  });

  it("when a start fails", async () => {
    const place = createFullPlace(user);
    const confinement = sanitized(await confineTo(place.root));
    const options = { user, env: SANITIZER_ENV };
    const gone = { ...confinement.resolved, writable: [{ root: join(place.base, "gone"), read_only: [] }] };
    for (const [argv, code] of [
      [confine(confinement, command(place.root, "/nowhere")), 127],
      [confine(confinement, command(place.root, "./file")), 126],
      [confine(confinement, command(join(place.base, "gone"), "true")), 127],
      [confine({ ...confinement, resolved: gone }, command(place.root, "true")), 125],
    ] as const) {
      const outcome = await run(argv, options);
      expect(outcome).toMatchObject({ code, stderr: "", status: expect.stringMatching(/^\{.*\}\n$/) });
    }
  });

  it("with file operations, also those that fail", async () => {
    const place = createFullPlace(user);
    const [program = "", ...words] = fileServer(sanitized(await confineTo(place.root)));
    const uid = user.uid === undefined ? {} : { uid: user.uid, gid: user.uid };
    const child = spawn(program, words, { cwd: "/", env: SANITIZER_ENV, stdio: ["pipe", "pipe", 2, "pipe"], ...uid });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const { stdin, stdout } = child;
    if (stdin === null || stdout === null) throw new Error("no pipes");
    const files = connectFiles({ input: stdin, output: stdout });
    const path = join(place.root, "a/b");
    const long = join(place.root, "x".repeat(5000));
    await files.mkdir(path, NEVER);
    await files.write(join(path, "new"), Buffer.alloc(300_000, 120), NEVER);
    expect((await files.read(join(path, "new"), 1 << 20, NEVER))?.length).toBe(300_000);
    await files.rename(join(path, "new"), join(place.root, "file"), NEVER);
    expect(await files.list(place.root, NEVER)).toHaveLength(6);
    await files.remove(join(place.root, "file"), NEVER);
    expect(await files.read(join(place.root, "file"), 10, NEVER)).toBeUndefined();
    for (const refused of [long, join(place.outside, "new"), join(place.root, ".git/new")]) {
      await expect(files.write(refused, Buffer.from("x"), NEVER)).rejects.toMatchObject({ code: "file_error" });
    }
    stdin.end();
    expect(await ended).toBe(0);
  });
});

describeSandbox("the sanitized helper", () => {
  it("finds that this kernel has everything", async () => {
    if (helper === undefined) return;
    const { stdout, stderr } = await run([helper, "probe"], { env: SANITIZER_ENV });
    expect(JSON.parse(stdout)).toMatchObject({ seccomp: null, namespaces: null, network: null });
    expect(stderr).toBe("");
  });
});

describeSandbox("the parsers of the helper", () => {
  it(`neither crash nor let anything half understood through: ${ROUNDS} made-up inputs each`, () => {
    const fuzzer = buildFuzzer();
    if (fuzzer === undefined) return;
    const env = { ASAN_OPTIONS: "detect_leaks=1", LSAN_OPTIONS: "" };
    const said = execFileSync(fuzzer, ["4", ROUNDS], { encoding: "utf8", env });
    expect(said).toMatch(/^words: [1-9]\d+ accepted, [1-9]\d+ refused; frames: [1-9]\d+ accepted, [1-9]\d+ refused\n$/);
  }, 120_000);
});
