/** Where user namespaces are refused: what is left is used only with consent, or where it holds the whole policy. */
import { chmodSync, copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import type { OptionalGuarantee, SandboxPolicy } from "@codex/protocol";
import { expect, it } from "vitest";

import { confine, enforce, resolvePolicy } from "../src/index.js";
import type { Confinement } from "../src/index.js";
import {
  NEVER,
  buildHelper,
  command,
  compile,
  createFolder,
  createPlace,
  describeForUsers,
  describeSandbox,
  run,
  snapshot,
  writing,
} from "./support/sandbox.js";
import type { Place } from "./support/sandbox.js";

const deny = compile("deny-userns");

/** A helper that lives on a kernel without user namespaces. */
function createPoorHelper(): string {
  const folder = createFolder();
  const helper = join(folder, "helper");
  copyFileSync(buildHelper(), join(folder, "real"));
  writeFileSync(helper, `#!/bin/sh\nexec ${deny} ${join(folder, "real")} "$@"\n`);
  for (const path of [folder, helper, join(folder, "real")]) chmodSync(path, 0o755);
  return helper;
}

const poor = createPoorHelper();

async function enforceHere(
  place: Place,
  policy: SandboxPolicy,
  ...allow_missing: readonly OptionalGuarantee[]
): Promise<Confinement> {
  return enforce(await resolvePolicy(policy, place.root, { tmpdir: undefined, allow_missing }), poor, NEVER);
}

describeSandbox("where user namespaces are refused", () => {
  it("refuses to hold less than the policy, in one line with what to do", async () => {
    const place = createPlace({ name: "", uid: undefined });
    const error: unknown = await enforceHere(place, writing()).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "sandbox_unavailable" });
    const message = error instanceof Error ? error.message : "";
    expect(message).not.toContain("\n");
    for (const part of [".git", "external-sandbox", 'allow_missing = ["protected-metadata"]', "namespaces"]) {
      expect(message).toContain(part);
    }
  });

  it("never starts the command in the helper itself", async () => {
    const place = createPlace({ name: "", uid: undefined });
    const words = ["run", "--status-fd", "3", "--write", place.root, "--", "touch", join(place.root, "started")];
    const outcome = await run([poor, ...words]);
    expect(outcome.code).toBe(125);
    expect(JSON.parse(outcome.status)).toMatchObject({
      code: "sandbox_unavailable",
      stage: "namespaces",
      errno: "EPERM",
    });
    expect(existsSync(join(place.root, "started"))).toBe(false);
  });

  it("refuses unreadable paths even with consent", async () => {
    const place = createPlace({ name: "", uid: undefined });
    const resolved = await resolvePolicy(writing(), place.root, {
      tmpdir: undefined,
      allow_missing: ["protected-metadata"],
    });
    await expect(enforce({ ...resolved, denied: [place.outside] }, poor, NEVER)).rejects.toMatchObject({
      code: "sandbox_unavailable",
    });
  });

  it("says in the guarantees what is missing", async () => {
    const place = createPlace({ name: "", uid: undefined });
    const { guarantees, layers } = await enforceHere(place, writing(), "protected-metadata");
    expect(layers).toBe("landlock");
    expect(guarantees).toMatch(/NOT protected here: \.git/);
    expect(guarantees).toMatch(/no sockets/);
  });
});

describeForUsers("with consent, or read-only", (user) => {
  async function script(place: Place, confinement: Confinement, text: string): ReturnType<typeof run> {
    const argv = confine(confinement, command(place.root, "bash", "-c", text));
    return run(argv, { user, env: { OUT: place.outside } });
  }

  it.each([
    "echo x > $OUT/new",
    "echo x > $OUT/file",
    "truncate -s 0 $OUT/file",
    "rm $OUT/file",
    "mkdir $OUT/new",
    "ln $OUT/file inside && echo x > inside",
    "ln -s $OUT link && echo x > link/new",
    'python3 -c \'import os; os.rename("file", os.environ["OUT"] + "/new")\'',
    "echo x > /proc/self/root$OUT/new",
    "echo x > ../outside/file",
    "mkfifo $OUT/new",
  ])("writes stay inside the roots: %s", async (text) => {
    const place = createPlace(user);
    const before = snapshot(place.outside);
    const outcome = await script(place, await enforceHere(place, writing(), "protected-metadata"), text);
    expect(outcome).toMatchObject({ code: 1, status: "" });
    expect(snapshot(place.outside)).toBe(before);
  });

  it("writes happen inside the roots, also to the metadata that was consented to", async () => {
    const place = createPlace(user);
    const text = "echo x > new && mkdir .git && echo x > /dev/null && echo x > .git/config";
    const outcome = await script(place, await enforceHere(place, writing(), "protected-metadata"), text);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(readFileSync(join(place.root, "new"), "utf8")).toBe("x\n");
  });

  it.each([
    "touch new",
    "echo x > file",
    "chmod 600 file",
    "touch -d 2001-01-01 file",
    "chown $(id -u) file",
    'python3 -c \'import os; os.setxattr("file", "user.x", b"x")\'',
  ])("nothing changes under read-only, which needs no consent: %s", async (text) => {
    const place = createPlace(user);
    const before = snapshot(place.base);
    const outcome = await script(place, await enforceHere(place, { type: "read-only" }), text);
    expect(outcome).toMatchObject({ code: 1, status: "" });
    expect(snapshot(place.base)).toBe(before);
  });

  it("has no network at all, and no privilege", async () => {
    const place = createPlace(user);
    const confinement = await enforceHere(place, { type: "read-only" });
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const connect = await script(place, confinement, `exec 5<> /dev/tcp/127.0.0.1/${port}`);
    server.close();
    expect(connect).toMatchObject({ code: 1, stderr: expect.stringContaining("not permitted") });
    const status = await script(place, confinement, "cat /proc/self/status; cat /proc/$PPID/environ > /dev/null");
    expect(status.stdout).toMatch(/^CapEff:\t0{16}$/m);
    expect(status.stdout).toMatch(/^NoNewPrivs:\t1$/m);
    expect(status.stderr).toMatch(/environ: Permission denied/);
  });

  it("cannot signal what started it", async () => {
    const place = createPlace(user);
    const outcome = await script(
      place,
      await enforceHere(place, { type: "read-only" }),
      `kill -0 $PPID; kill -0 ${process.pid}`,
    );
    expect(outcome).toMatchObject({ code: 1, stderr: expect.stringMatching(/not permitted[^]*not permitted/) });
  });
});
