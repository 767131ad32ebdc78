import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workspace } from "@codex/test-support";
import type { TemporaryFolder } from "@codex/test-support";
import { builtFolder } from "./codex.js";

const PACKAGES = fileURLToPath(new URL("../../", import.meta.url));
const PARTS = {
  cli: ["dist", "package.json", "README.md", "copy-helpers.mjs"],
  "linux-sandbox": ["native", "package.json", "README.md", "build-native.mjs"],
};
const run = promisify(execFile);

let place: TemporaryFolder;
/** What npm would install of `cli`; absent where this machine cannot build for arm64. */
let unpacked: string | undefined;

/** The programs of this machine without a compiler among the first names that are tried. */
const env = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/nonexistent" };

/** From a copy, so that this checkout's own build stays as it is. */
async function pack(): Promise<string | undefined> {
  builtFolder();
  for (const [name, parts] of Object.entries(PARTS)) {
    mkdirSync(join(place.path, "packages", name), { recursive: true });
    for (const part of parts) {
      cpSync(join(PACKAGES, name, part), join(place.path, "packages", name, part), { recursive: true });
    }
  }
  const cwd = join(place.path, "packages/cli");
  const packed = run("npm", ["pack", "--pack-destination", place.path], { cwd, env: { ...process.env } });
  const said = await packed.then(
    () => "",
    (error: unknown) => String(error),
  );
  if (said.includes("no C compiler for arm64")) return undefined;
  expect(said).toBe("");
  await run("tar", ["xzf", "codex-cli-0.1.0.tgz"], { cwd: place.path });
  return join(place.path, "package");
}

beforeAll(async () => {
  place = await workspace({ files: {} });
  unpacked = await pack();
  if (unpacked === undefined) console.warn("cli: no compiler for arm64, so the package is not tried");
}, 120_000);

afterAll(() => place[Symbol.asyncDispose]());

describe("the package of the command", () => {
  it("confines with a helper it brought along, where there is no checkout and no compiler", async () => {
    if (unpacked === undefined) return;
    const words = ["sandbox", "-s", "read-only", "--", "sh", "-c", "echo inside; touch new"];
    const options = { cwd: place.path, env: { ...env, CODEX_HOME: place.path } };
    const ran = run(process.execPath, [join(unpacked, "dist/main.js"), ...words], options);
    await expect(ran).rejects.toMatchObject({
      code: 1,
      stdout: "inside\n",
      stderr: expect.stringContaining("Read-only file system"),
    });
  });

  it("has one for each architecture, with its digest, and none of this machine's own", async () => {
    if (unpacked === undefined) return;
    const folder = join(unpacked, "dist/prebuilt");
    const sums = readFileSync(join(folder, "SHA256SUMS"), "utf8").trimEnd().split("\n");
    const listed = sums.map((line) => line.split("  ").slice(0, 2));
    const digests = ["x64", "arm64"].map((name) => {
      const file = `${name}/codex-linux-sandbox`;
      return [
        createHash("sha256")
          .update(readFileSync(join(folder, file)))
          .digest("hex"),
        file,
      ];
    });
    expect(listed).toEqual(digests);
    await expect(run(join(unpacked, "dist/codex-linux-sandbox"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("has an arm64 helper that starts under emulation, and there starts nothing that it cannot confine", async () => {
    if (unpacked === undefined) return;
    const helper = join(unpacked, "dist/prebuilt/arm64/codex-linux-sandbox");
    const emulator = "qemu-aarch64-static";
    const probed = await run(emulator, [helper, "probe"]).catch((error: unknown) => error);
    if (probed instanceof Error && "code" in probed && probed.code === "ENOENT") {
      console.warn(`cli: no ${emulator}, so the arm64 helper is not started`);
      return;
    }
    expect(probed).toMatchObject({ stdout: expect.stringMatching(/^\{"landlock":\d/), stderr: "" });
    await expect(run(emulator, [helper, "run", "--", "echo", "started"])).rejects.toMatchObject({
      code: 125,
      stdout: "",
    });
  });
});
