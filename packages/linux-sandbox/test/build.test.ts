import { execFile } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { describe, expect, it } from "vitest";

import { buildHelper, createFolder } from "./support/sandbox.js";

const PACKAGE = fileURLToPath(new URL("../", import.meta.url));
const run = promisify(execFile);

/** The script and the sources in a folder that goes away, with compilers that are these scripts. */
function createCheckout(compilers: Readonly<Record<string, string>>) {
  const folder = createFolder();
  for (const name of ["build-native.mjs", "native"])
    cpSync(join(PACKAGE, name), join(folder, name), { recursive: true });
  const tools = join(folder, "tools");
  mkdirSync(tools);
  for (const [name, script] of Object.entries(compilers)) {
    writeFileSync(join(tools, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  const build = (...words: readonly string[]): Promise<unknown> =>
    run(process.execPath, [join(folder, "build-native.mjs"), ...words], { env: { PATH: tools } }).catch(
      (error: unknown) => error,
    );
  return { folder, build };
}

/** Gives the helper of this machine, and something behind it. */
const giving = (appended: string): string => `PATH=/usr/bin:/bin
[ "$1" = --version ] && echo fake && exit
while [ "$1" != -o ]; do shift; done
cat ${buildHelper()} > "$2" && ${appended} >> "$2"`;

describe("the build of the helper", () => {
  it("says in one line that there is no compiler, and fails", async () => {
    const error = await createCheckout({}).build();
    expect(error).toMatchObject({ code: 1, stderr: expect.stringMatching(/^[^\n]*C compiler[^\n]*CC\n$/) });
  });

  it("says in one line which compiler a package needs, and what to install", async () => {
    const x64 = process.arch === "x64" ? "cc" : "x86_64-linux-gnu-gcc";
    const own = { [x64]: "echo fake" };
    const error = await createCheckout(process.arch === "x64" ? own : {}).build("--prebuilt");
    const wanted = /^no C compiler for (x64|arm64) helpers \([a-z0-9_]+-linux-gnu-gcc\): apt-get install gcc-[^\n]*\n$/;
    expect(error).toMatchObject({ code: 1, stderr: expect.stringMatching(wanted) });
  });

  it("refuses a package of helpers that are not the same bytes from another folder", async () => {
    const differing = giving("pwd");
    const { build } = createCheckout({ "x86_64-linux-gnu-gcc": differing, "aarch64-linux-gnu-gcc": differing });
    const stderr = expect.stringMatching(/^two builds of the x64 helper differ: it would not be reproducible\n$/);
    if (process.arch === "x64") expect(await build("--prebuilt")).toMatchObject({ code: 1, stderr });
  });

  it("refuses a helper of another architecture", async () => {
    const one = giving("true");
    const { build } = createCheckout({ "x86_64-linux-gnu-gcc": one, "aarch64-linux-gnu-gcc": one });
    const stderr = expect.stringMatching(/built something else than a static helper for (arm64|x64)\n$/);
    expect(await build("--prebuilt")).toMatchObject({ code: 1, stderr });
  });
});
