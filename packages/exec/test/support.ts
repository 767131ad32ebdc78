import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findHelper } from "@codex/linux-sandbox";
import { build } from "tsup";
import { describe, onTestFinished } from "vitest";
import { capture, renderCaptured } from "../src/index.js";
import type { Captured, Environment, ExecRequest, ExitStatus, SandboxPolicy } from "@codex/protocol";
import type { ChildProcess } from "node:child_process";

/** Builds the helper when it is stale, and finds it. */
export function builtHelper(): string {
  execFileSync(process.execPath, [fileURLToPath(new URL("../../linux-sandbox/build-native.mjs", import.meta.url))]);
  return findHelper();
}

/** An empty directory, gone after the test. */
export function emptyFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "codex-exec-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const NEVER = new AbortController().signal;

export const VARS = { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent" };

export function request(script: string, cwd: string, more: Partial<ExecRequest> = {}): ExecRequest {
  return { argv: ["bash", "-c", script], cwd, env: VARS, stdin: "closed", ...more };
}

export type Ran = { readonly exit: ExitStatus; readonly captured: Captured; readonly text: string };

export async function run(where: Environment, asked: ExecRequest, signal: AbortSignal = NEVER): Promise<Ran> {
  const running = where.exec(asked, signal);
  const captured = await capture(running.output, { signal: NEVER });
  return { exit: await running.exit, captured, text: renderCaptured(captured) };
}

/** Only `cwd` is writable, no network. */
export function workspaceWrite(more: Partial<Extract<SandboxPolicy, { type: "workspace-write" }>> = {}): SandboxPolicy {
  return {
    type: "workspace-write",
    writable_roots: [],
    network_access: false,
    exclude_tmpdir_env_var: true,
    exclude_slash_tmp: true,
    ...more,
  };
}

/** Resolves with the first part of the output that matches; reads on afterwards. */
export function firstMatch(source: NodeJS.ReadableStream, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let text = "";
    source.on("data", (part: Buffer) => {
      text += part.toString("utf8");
      const found = pattern.exec(text);
      if (found !== null) resolve(found);
    });
    source.on("end", () => reject(new Error(`never came: ${String(pattern)} in ${text}`)));
  });
}

/** Is there a process with that mark in its command line? */
export function isRunning(mark: string): boolean {
  try {
    execFileSync("pgrep", ["-f", mark]);
    return true;
  } catch {
    return false; // pgrep found none
  }
}

/** A suite that is skipped loudly: a place that was not tried is no place that works. */
export function describeUnless(skipped: string | undefined, name: string, suite: () => void): void {
  describe.skipIf(skipped !== undefined)(skipped === undefined ? name : `${name}: SKIPPED, ${skipped}`, suite);
}

/** Settles when it is so; the test's own time limit ends a wait for nothing. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** A program of `fixtures/`, bundled. */
export async function builtFixture(name: string, folder: string): Promise<string> {
  await build({
    entry: { [name]: fileURLToPath(new URL(`fixtures/${name}.ts`, import.meta.url)) },
    outDir: folder,
    format: "esm",
    outExtension: () => ({ js: ".mjs" }),
    config: false,
    clean: false,
    dts: false,
    silent: true,
    external: ["@lydell/node-pty"],
    noExternal: [/^(?!@lydell)/],
    esbuildOptions: (options) => {
      options.conditions = ["codex-source"];
    },
  });
  return join(folder, `${name}.mjs`);
}

export function startHost(program: string, words: readonly string[]): ChildProcess {
  return spawn(process.execPath, [program, ...words], { stdio: ["ignore", "pipe", "inherit"] });
}
