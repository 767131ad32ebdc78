import { execFile, execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

type Run = { readonly code: number; readonly said: string };

/** A copy of this checkout that may be broken: sources and links copied, third parties shared, built by itself. */
function copyCheckout(): string {
  // where nothing is stale the copy has nothing to install: it would do so into the modules that it shares
  execFileSync(process.execPath, [path.join(ROOT, "tooling/install.mjs")], { stdio: "ignore" });
  const copy = realpathSync(mkdtempSync(path.join(tmpdir(), "codex-honesty-")));
  for (const name of [
    "packages",
    "tooling",
    "package.json",
    "pnpm-lock.yaml",
    "tsconfig.base.json",
    ".stamp/install",
  ]) {
    mkdirSync(path.dirname(path.join(copy, name)), { recursive: true });
    cpSync(path.join(ROOT, name), path.join(copy, name), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !/packages\/[^/]+\/(dist|test|\.turbo)$/.test(source),
    });
  }
  symlinkSync(path.join(ROOT, "node_modules"), path.join(copy, "node_modules"));
  return copy;
}

function npmStart(checkout: string): Promise<Run> {
  const [home, temporary] = [path.join(checkout, "empty-home"), path.join(checkout, "temporary")];
  for (const folder of [home, temporary]) mkdirSync(folder, { recursive: true });
  const { PATH, CC } = process.env;
  const env = { PATH: PATH ?? "", HOME: home, TMPDIR: temporary, ...(CC === undefined ? {} : { CC }) };
  return new Promise((resolve) => {
    execFile("npm", ["start"], { cwd: checkout, env, timeout: 120_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, said: stdout + stderr });
    });
  });
}

/** Replaces one place of one source file for the length of `work`. */
async function broken(checkout: string, place: Place, work: () => Promise<void>): Promise<void> {
  const file = path.join(checkout, place.file);
  const sound = readFileSync(file, "utf8");
  expect(sound.split(place.from)).toHaveLength(2);
  writeFileSync(file, sound.replace(place.from, place.to));
  try {
    await work();
  } finally {
    writeFileSync(file, sound);
  }
}

type Place = { readonly file: string; readonly from: string; readonly to: string };

describe("npm start cannot succeed by itself", { timeout: 300_000 }, () => {
  let checkout = "";
  beforeAll(() => {
    checkout = copyCheckout();
  });
  afterAll(() => rmSync(checkout, { recursive: true, force: true }));

  it("succeeds in a sound copy", async () => {
    const { code, said } = await npmStart(checkout);
    expect(said).toContain("The tests pass now");
    expect(code).toBe(0);
  });

  it("fails when apply_patch writes nothing", async () => {
    const place = {
      file: "packages/apply-patch/src/apply.ts",
      from: "for (const [index, change] of plan.changes.entries()) {",
      to: "for (const [index, change] of [...plan.changes.entries()].slice(0, 0)) {",
    };
    await broken(checkout, place, async () => {
      const { code, said } = await npmStart(checkout);
      expect(said).toContain("does not follow the recording");
      expect(code).not.toBe(0);
    });
  });

  it("fails when the sandbox confines nothing", async () => {
    const place = {
      file: "packages/linux-sandbox/src/confine.ts",
      from: 'return [confinement.helper, "run", ...placement(command), ...policy, ...join, "--", ...command.argv];',
      to: "return unconfined(confinement.helper, command);",
    };
    await broken(checkout, place, async () => {
      const { code, said } = await npmStart(checkout);
      expect(said).toContain("does not follow the recording");
      expect(code).not.toBe(0);
    });
  });
});
