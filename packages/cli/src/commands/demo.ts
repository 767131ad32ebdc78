import { cp, mkdir, mkdtemp } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { codeOf, CodexError } from "@codex/common";
import { createCodex } from "@codex/core";
import { usesColour } from "@codex/headless";
import { enforce, findHelper, resolvePolicy } from "@codex/linux-sandbox";
import type { OptionalGuarantee } from "@codex/protocol";
import { parseExec, type ExecFlags } from "./exec-flags.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { parse } from "../flags.js";
import { capture } from "../host.js";
import { printParsed } from "../print-parsed.js";
import { watchSignals } from "../signals.js";
import { runTask } from "../task.js";
import { VERSION } from "../version.js";

type Env = Readonly<Record<string, string | undefined>>;

/** Where the demo happens. */
type Stage = { readonly folder: string; readonly env: Env };

const PROMPT = "The tests of this project fail. Find out why, repair the code, and show that they pass.";
const CONSENT: readonly OptionalGuarantee[] = ["protected-metadata"];

/**
 * `codex demo`: a recorded session repairs a small project in a temporary folder. Only the model's words are replayed;
 * commands, patch, sandbox and tests are real, and a request that differs from the recorded one fails the run.
 */
export async function demo(argv: readonly string[]): Promise<ExitCode> {
  const command = new Command("codex demo").description(
    "Watch a recorded session repair a small project in a temporary folder. Needs no key and no network.",
  );
  const parsed = parse(command.allowExcessArguments(false), argv, () => undefined);
  if (parsed.type !== "run") return printParsed(parsed, "demo");
  const stage = await setStage();
  process.stderr.write(introduction(stage));
  const consent = await neededConsent(stage);
  if (consent.length > 0) process.stderr.write(CONSENT_NOTICE);
  using signals = watchSignals();
  const world = {
    createCodex,
    input: { stream: process.stdin, kind: "terminal" } as const,
    stdout: process.stdout,
    stderr: process.stderr,
    env: stage.env,
    cwd: stage.folder,
    version: VERSION,
  };
  const outcome = await runTask({ flags: execFlags(consent) }, world, signals.signal);
  signals.finish();
  return outcome === "completed" ? conclude(stage) : EXIT.failed;
}

/** The bundled demo lies beside the program, or beside its sources. */
function bundled(name: string): string {
  const places = ["./demo/", "../../demo/"].map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const found = places.map((place) => join(place, name)).find((path) => existsSync(path));
  if (found === undefined) throw new CodexError("file_error", `the demo is incomplete: there is no ${name}`);
  return found;
}

/** A copy of the project in a repository of its own, and an environment without the user's configuration and key. */
async function setStage(): Promise<Stage> {
  const root = await mkdtemp(join(tmpdir(), "codex-demo-"));
  const folder = join(root, "word-wrap");
  const home = join(root, "codex-home");
  await mkdir(home);
  await cp(bundled("project"), folder, { recursive: true });
  const { CODEX_API_KEY: _codex, OPENAI_API_KEY: _openai, ...inherited } = process.env;
  const PATH = [dirname(process.execPath), inherited["PATH"] ?? ""].join(delimiter);
  const stage = { folder, env: { ...inherited, PATH, CODEX_HOME: home } };
  await git(stage, "init", "--quiet");
  await git(stage, "add", "--all");
  await git(stage, "-c", "user.name=demo", "-c", "user.email=demo@example.com", "commit", "--quiet", "-m", "start");
  return stage;
}

/** Git without the user's hooks, signatures and aliases. Throws when it fails. */
async function git({ folder, env }: Stage, ...args: readonly string[]): Promise<string> {
  const plain = { ...env, GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" };
  const { code, output } = await capture(["git", ...args], { cwd: folder, env: plain });
  if (code === 0) return output;
  throw new CodexError("file_error", `the demo needs git, but git ${args[0]} failed: ${output.trim()}`);
}

/** What the user's kernel cannot give and the throw-away copy can do without (house.md §11). */
async function neededConsent({ folder, env }: Stage): Promise<readonly OptionalGuarantee[]> {
  const policy = {
    type: "workspace-write",
    writable_roots: [],
    network_access: false,
    exclude_tmpdir_env_var: false,
    exclude_slash_tmp: false,
  } as const;
  const signal = new AbortController().signal;
  try {
    const resolved = await resolvePolicy(policy, folder, { tmpdir: env["TMPDIR"], allow_missing: [] });
    await enforce(resolved, findHelper(), signal);
    return [];
  } catch (error) {
    if (codeOf(error) !== "sandbox_unavailable") throw error;
    return CONSENT;
  }
}

function execFlags(consent: readonly OptionalGuarantee[]): ExecFlags {
  const allowed = consent.length === 0 ? [] : ["-c", `sandbox.allow_missing=${JSON.stringify(consent)}`];
  const strict = ["--replay", bundled("session.jsonl"), "-s", "workspace-write", "--ephemeral"];
  const parsed = parseExec([...strict, ...allowed, PROMPT]);
  if (parsed.type === "run") return parsed.value;
  throw new CodexError("internal", "the demo's own command line was not understood");
}

/** The proof: the project's tests are run once more, by us. */
async function conclude(stage: Stage): Promise<ExitCode> {
  const colour = usesColour("auto", process.stderr, stage.env) ? "always" : "never";
  const difference = await git(stage, "diff", `--color=${colour}`);
  const tests = await capture([process.execPath, "--test"], { cwd: stage.folder, env: stage.env });
  if (tests.code !== 0) {
    process.stderr.write(`error: the tests still fail in ${stage.folder}:\n${tests.output}`);
    return EXIT.failed;
  }
  process.stderr.write(`\nWhat changed:\n\n${difference}\n${ending(stage)}`);
  return EXIT.ok;
}

const CONSENT_NOTICE =
  "Note: this kernel gives no user namespaces, so .git, .codex and .agents are not protected during the demo\n" +
  '(sandbox.allow_missing = ["protected-metadata"]). It works on a throw-away copy. A real run would refuse.\n\n';

function introduction({ folder }: Stage): string {
  return (
    "This is a recorded session: the model's words come from a file. Everything else is real: the commands, the\n" +
    `patch, the sandbox around them, and the tests. It works on a copy in\n${folder}\n\n`
  );
}

function ending({ folder }: Stage): string {
  return (
    "The tests pass now; they were just run once more outside the sandbox.\n" +
    `The repaired project: ${folder}\n\n` +
    "With a real model, in a repository of yours:\n" +
    '  CODEX_API_KEY=… codex exec -s workspace-write "fix the failing test"\n' +
    "From a checkout of Codex, `npm start -- exec …` is the same as `codex exec …`.\n"
  );
}
