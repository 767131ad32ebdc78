import { loadConfig } from "@codex/config";
import { confine, enforce, findHelper, readStatus, resolvePolicy, unconfined } from "@codex/linux-sandbox";
import type { Command, Confinement } from "@codex/linux-sandbox";
import { allowsNetwork, type SandboxPolicy } from "@codex/protocol";
import { parseSandbox, type SandboxFlags } from "../args.js";
import { configOptions, workingDirectory } from "../config-flags.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { runForeground } from "../host.js";
import { printParsed } from "../print-parsed.js";

/** What is set up before the command runs. `undefined`: the policy asks for no confinement. */
type Ground = {
  readonly helper: string;
  readonly cwd: string;
  readonly policy: SandboxPolicy;
  readonly confinement: Confinement | undefined;
};

/** `codex sandbox -- COMMAND…`: the same confinement as in a session, for one command of the user's. */
export async function sandbox(argv: readonly string[]): Promise<ExitCode> {
  const parsed = parseSandbox(argv);
  if (parsed.type !== "run") return printParsed(parsed, "sandbox");
  const flags = parsed.value;
  if (flags.command.length === 0 && flags.status !== true) {
    const message = "error: no command was given: codex sandbox -s read-only -- ls";
    return printParsed({ type: "usage", message }, "sandbox");
  }
  const ground = await prepare(flags);
  if (flags.status === true) return describe(ground);
  return run(ground, flags.command);
}

async function prepare(flags: SandboxFlags): Promise<Ground> {
  const { env } = process;
  const cwd = await workingDirectory(process.cwd(), flags.cd);
  const typed = flags.sandbox === undefined ? {} : { sandbox_mode: flags.sandbox };
  const config = await loadConfig({ ...configOptions(flags), cwd, env, typed });
  const policy = config.settings.sandbox_policy;
  const helper = findHelper();
  if (policy.type === "danger-full-access" || policy.type === "external-sandbox") {
    return { helper, cwd, policy, confinement: undefined };
  }
  const roots = { tmpdir: env["TMPDIR"], allow_missing: config.sandbox.allow_missing };
  const confinement = await enforce(await resolvePolicy(policy, cwd, roots), helper, new AbortController().signal);
  return { helper, cwd, policy, confinement };
}

function describe({ policy, confinement }: Ground): ExitCode {
  const guarantees = confinement?.guarantees ?? "nothing is confined by us";
  process.stdout.write(`${policy.type}: ${guarantees}\n`);
  for (const { root, read_only } of confinement?.resolved.writable ?? []) {
    const except = read_only.length === 0 ? "" : ` (except ${read_only.join(", ")})`;
    process.stdout.write(`writable: ${root}${except}\n`);
  }
  return EXIT.ok;
}

/** Passes on the command's exit status; 125 to 127 when it could not be started. */
async function run({ helper, cwd, policy, confinement }: Ground, words: readonly string[]): Promise<ExitCode> {
  const command: Command = { argv: words, cwd, tty: process.stdin.isTTY };
  const network = allowsNetwork(policy) ? {} : { CODEX_SANDBOX_NETWORK_DISABLED: "1" };
  const end = await runForeground({
    argv: confinement === undefined ? unconfined(helper, command) : confine(confinement, command),
    env: { ...process.env, ...network },
    status: command.tty ? "none" : "pipe",
  });
  const failure = readStatus(end.status);
  if (failure !== undefined) process.stderr.write(`error: ${failure.message}\n`);
  return end.code;
}
