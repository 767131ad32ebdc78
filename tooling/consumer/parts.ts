/** Somebody's program on every other package, as packed: one real thing with each. See engine.ts. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { readAnsi, sanitize } from "@codex/ansi-escape";
import type { Line } from "@codex/ansi-escape";
import { applyPlan, nodeFiles, parsePatch, planPatch } from "@codex/apply-patch";
import { codexHome, loadConfig } from "@codex/config";
import type { Config } from "@codex/config";
import { createCodex } from "@codex/core";
import { capture, createDirectEnvironment, exitCode } from "@codex/exec";
import { createPolicy, decisionOf, parseRules } from "@codex/execpolicy";
import type { Decision } from "@codex/execpolicy";
import { runGit } from "@codex/git-tooling";
import { runExec } from "@codex/headless";
import type { Writer } from "@codex/headless";
import { findHelper, probe } from "@codex/linux-sandbox";
import { createStoredCredentials } from "@codex/login";
import { ERROR_TABLE, errorInfo } from "@codex/protocol";
import type { Op, ThreadEvent } from "@codex/protocol";
import { decode } from "@codex/protocol/schema";

const home = mkdtempSync(join(tmpdir(), "codex-consumer-"));
const { signal } = new AbortController();

const lines: readonly Line[] = readAnsi("\u001b[1mbold\u001b[0m\n");
assert(lines.length > 0 && !sanitize("\u001b[2Jx").includes("\u001b"));

const files = nodeFiles();
const text = "*** Begin Patch\n*** Add File: notes.txt\n+new\n*** End Patch\n";
await applyPlan(await planPatch(parsePatch(text), files, { cwd: home }, signal), files, signal);
assert.equal(readFileSync(join(home, "notes.txt"), "utf8"), "new\n");

const env = { HOME: home, CODEX_HOME: home, PATH: process.env["PATH"] };
const config: Config = await loadConfig({ cwd: codexHome(env), env, overrides: ["model=mine"] });
assert.match(JSON.stringify(config), /"mine"/);

const parsed = parseRules('prefix_rule(pattern=["git", "push"], decision="prompt")\n', "mine.rules");
assert(parsed.type !== "failed");
const matches = createPolicy(parsed.rules).evaluate(["git", "push", "-f"], { resolveHostExecutables: false });
const decision: Decision | undefined = decisionOf(matches);
assert.equal(decision, "prompt");

const op: Op = { type: "interrupt" };
assert.equal(decode("Op", op).type, "decoded");
assert(errorInfo("rate_limited", 429) !== undefined && ERROR_TABLE.rate_limited.retry !== undefined);

const helper = findHelper();
assert(await probe(helper, signal));
const place = createDirectEnvironment({ id: "here", helper, allow_missing: [] });
assert(typeof capture === "function" && exitCode({ type: "exited", code: 3 }) === 3);
const git = await runGit({ host: place, cwd: home, path: process.env["PATH"] }, { args: ["--version"] }, signal);
assert.match(Buffer.from(git.stdout).toString(), /^git/);
await place[Symbol.asyncDispose]();

const clock = { now: Date.now, monotonic: () => performance.now(), sleep: (ms: number) => setTimeout<void>(ms) };
const credentials = createStoredCredentials({ home, clock, lock: () => Promise.resolve(true) });
assert.equal(typeof credentials, "object");

const said: string[] = [];
const writer: Writer = {
  write(chunk, done) {
    said.push(chunk);
    done();
    return true;
  },
  on: () => undefined,
};
const codex = createCodex({ env });
const session = await codex.open({ type: "new", settings: { cwd: home } }, signal);
const face = { json: true, version: "1", colour: false, stdout: writer, stderr: writer };
await runExec({ session, prompt: "hi", ...face }, AbortSignal.abort());
await codex[Symbol.asyncDispose]();
const first: ThreadEvent = JSON.parse(said.join("").split("\n")[0] ?? "");
assert.equal(first.type, "thread.started");
process.stdout.write("each package did its part\n");
