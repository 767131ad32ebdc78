import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { countIn, excess } from "../tooling/pins.mjs";
import { prepare } from "../tooling/prepare.mjs";
import { run } from "../tooling/run.mjs";
import { buildKey, installKey, isFresh, stamp, unstamp } from "../tooling/stamp.mjs";

let root: string;

function write(path: string, text: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "codex-root-"));
  write("pnpm-lock.yaml", "lockfileVersion: '9.0'\n");
  write("tsconfig.base.json", "{}");
  write("tooling/tsup.mjs", "");
  write("packages/cli/package.json", "{}");
  write("packages/cli/src/main.ts", "");
  write("packages/cli/dist/main.js", "");
});

afterEach(() => {
  rmSync(root, { recursive: true });
  vi.unstubAllEnvs();
});

describe("the stamp", () => {
  it("is fresh when nothing changed, and stale before the first time", () => {
    const key = buildKey(root);
    expect(isFresh(root, "build", key)).toBe(false);
    stamp(root, "build", key);
    expect(isFresh(root, "build", buildKey(root))).toBe(true);
  });

  it.each([
    ["a source file is edited", () => write("packages/cli/src/main.ts", "edited")],
    ["a source file is touched", () => utimesSync(join(root, "packages/cli/src/main.ts"), 1, 1)],
    ["a source file is added", () => write("packages/cli/src/deep/er.ts", "")],
    ["native code is added", () => write("packages/linux-sandbox/native/main.c", "")],
    ["a package.json is edited", () => write("packages/cli/package.json", "{ }")],
    ["the lockfile changes", () => write("pnpm-lock.yaml", "lockfileVersion: '9.1'\n")],
    ["the shared build settings change", () => write("tooling/tsup.mjs", "//")],
    ["a built file is replaced", () => write("packages/cli/dist/main.js", "replaced")],
    ["a built file is gone", () => rmSync(join(root, "packages/cli/dist/main.js"))],
  ])("the build is stale when %s", (_, change) => {
    const before = buildKey(root);
    change();
    expect(buildKey(root)).not.toBe(before);
  });

  it("the build stays fresh when only tests and documents change", () => {
    const before = buildKey(root);
    write("packages/cli/test/main.test.ts", "");
    write("packages/cli/README.md", "");
    write("README.md", "");
    expect(buildKey(root)).toBe(before);
  });

  it("only the lockfile makes an installation stale", () => {
    const before = installKey(root);
    write("packages/cli/src/main.ts", "edited");
    expect(installKey(root)).toBe(before);
    write("pnpm-lock.yaml", "");
    expect(installKey(root)).not.toBe(before);
  });

  it("work that was cut short is stale", () => {
    const key = buildKey(root);
    stamp(root, "build", key);
    unstamp(root, "build");
    expect(isFresh(root, "build", key)).toBe(false);
  });
});

describe("trouble is one clear message", () => {
  const remedy = "do this.";

  it("a failed tool shows the end of its output and what to do", async () => {
    const script = "console.log('x'.repeat(20_000)); console.error('the reason'); process.exit(3)";
    const failed = run([process.execPath, "-e", script], { cwd: root, name: "Building", remedy });
    await expect(failed).rejects.toThrow(/^x{1,6000}\nthe reason\nBuilding failed \(exit code 3\): do this\.$/);
  });

  it("a tool that is not installed says so", async () => {
    const failed = run(["no-such-tool"], { cwd: root, name: "Installing", remedy });
    await expect(failed).rejects.toThrow("no-such-tool: spawn no-such-tool ENOENT\nInstalling failed: do this.");
  });

  it.runIf(process.platform === "linux")("no C compiler is said before anything is downloaded or built", async () => {
    vi.stubEnv("PATH", join(root, "packages"));
    vi.stubEnv("CC", undefined);
    await expect(prepare(root)).rejects.toThrow(/^No C compiler \(cc, gcc, clang\) on PATH.*apt-get install gcc/);
  });

  it.each(["start.mjs", "test.mjs", "install.mjs"])("%s refuses a Node that is too old", (script) => {
    const old = "Object.defineProperty(process, 'versions', { value: { node: '20.18.3' } })";
    const path = fileURLToPath(new URL(`../tooling/${script}`, import.meta.url));
    const { status, stderr, stdout } = spawnSync(process.execPath, ["--import", `data:text/javascript,${old}`, path], {
      encoding: "utf8",
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^This needs Node 20\.19 or newer, and runs on v[\d.]+: install a newer Node\.\n$/);
  });
});

describe("the pins", () => {
  it("count disables, casts and skips, and nothing that only looks like them", () => {
    const directive = ["eslint", "disable-next-line"].join("-");
    const text = [
      `// ${directive} house/no-cast -- why`,
      "const a = b as string;",
      'const c = ["as const"] as const;',
      "it.skip('one', () => {});",
      "describe.concurrent.skip('two', () => {});",
      "it.skipIf(process.platform === 'win32')('three', () => {});",
      "list.skip(1);",
    ].join("\n");
    expect(countIn("a.ts", text)).toEqual({ disables: 1, casts: 1, skips: 3 });
  });

  it("are exceeded by one more, and not by as many or fewer", () => {
    const pins = { disables: 1, casts: 1, skips: 1 };
    expect(excess({ disables: 1, casts: 0, skips: 1 }, pins)).toEqual([]);
    expect(excess({ disables: 1, casts: 2, skips: 1 }, pins)).toEqual([
      "2 casts, and the pin is 1: remove one; raising a pin needs an ADR.",
    ]);
  });
});
