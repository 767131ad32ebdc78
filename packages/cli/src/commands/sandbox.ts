import { homedir } from "node:os";
import { Command as CommandLine, Option } from "commander";
import { CodexError } from "@codex/common";
import { loadConfig } from "@codex/config";
import { confine, enforce, findHelper, presume, readStatus, resolvePolicy, unconfined } from "@codex/linux-sandbox";
import type { Command } from "@codex/linux-sandbox";
import { allowsNetwork, type ResolvedPolicy, type SandboxPolicy } from "@codex/protocol";
import { configOptions, workingDirectory } from "../config-flags.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { collect, parse, sharedOptions, type Parsed, type SharedFlags } from "../flags.js";
import { runForeground, type ForegroundEnd } from "../host.js";
import { printParsed } from "../print-parsed.js";

type SandboxFlags = SharedFlags & {
  readonly addDir: readonly string[];
  readonly network?: true;
  readonly permissionProfile?: string;
  readonly status?: true;
  readonly command: readonly string[];
};

const NEVER = new AbortController().signal;

/** What is set up before the command runs. `resolved` absent: the policy asks for no confinement. */
type Ground = {
  readonly helper: string;
  readonly cwd: string;
  readonly policy: SandboxPolicy;
  readonly resolved: ResolvedPolicy | undefined;
};

/** `codex sandbox [OPTIONS] -- COMMAND…` */
export function parseSandbox(argv: readonly string[]): Parsed<SandboxFlags> {
  const command = sharedOptions(new CommandLine("codex sandbox"))
    .description("Run a command inside the sandbox; its input, output and exit status are passed through.")
    .argument("[COMMAND...]", "the program and its arguments, after `--`")
    .option("--add-dir <DIR>", "one more writable directory (repeatable)", collect, [])
    .addOption(new Option("-P, --permission-profile <NAME>", "a permission profile").conflicts("sandbox"))
    .option("--network", "let the command reach the network")
    .option("--status", "say what this machine can enforce")
    .passThroughOptions();
  return parse(command, argv, () => ({ command: command.args, ...command.opts<Omit<SandboxFlags, "command">>() }));
}

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
  const { sandbox: sandbox_mode, permissionProfile: default_permissions } = flags;
  const mode = { ...(sandbox_mode && { sandbox_mode }), ...(default_permissions && { default_permissions }) };
  const config = await loadConfig({ ...configOptions(flags), cwd, env, typed: { ...mode, add_dirs: flags.addDir } });
  const policy = opened(config.settings.sandbox_policy, flags);
  const ground = { helper: findHelper(), cwd, policy };
  if (policy.type === "danger-full-access" || policy.type === "external-sandbox") {
    return { ...ground, resolved: undefined };
  }
  const resolved = await resolvePolicy(policy, cwd, {
    ...config.sandbox,
    tmpdir: env["TMPDIR"],
    home: homedir(),
    codex_home: config.home,
  });
  return { ...ground, resolved };
}

/** The policy as the flags widen it. Throws `bad_request` for a flag that it has no use for. */
function opened(policy: SandboxPolicy, { addDir, network }: SandboxFlags): SandboxPolicy {
  if (addDir.length > 0 && policy.type !== "workspace-write") {
    throw new CodexError("bad_request", `--add-dir needs -s workspace-write: under ${policy.type} it changes nothing`);
  }
  if (network !== true || policy.type === "danger-full-access") return policy;
  if (policy.type === "external-sandbox") return { ...policy, network_access: "enabled" };
  return { ...policy, network_access: true };
}

async function describe({ helper, policy, resolved }: Ground): Promise<ExitCode> {
  if (resolved === undefined) {
    process.stdout.write(`${policy.type}: nothing is confined by us\n`);
    return EXIT.ok;
  }
  const { guarantees } = await enforce(resolved, helper, NEVER);
  const lines = [`${policy.type}: ${guarantees}`];
  for (const { root, read_only } of resolved.writable) {
    lines.push(`writable: ${root}${read_only.length === 0 ? "" : ` (except ${read_only.join(", ")})`}`);
  }
  const hidden = [...resolved.denied, ...(resolved.secrets ?? [])];
  if (hidden.length > 0) lines.push(`unreadable, where the kernel can hide it: ${hidden.join(", ")}`);
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
  return EXIT.ok;
}

/** Passes on the command's exit status; 125 to 127 when it could not be started. */
async function run(ground: Ground, words: readonly string[]): Promise<ExitCode> {
  const { helper, cwd, resolved } = ground;
  const command: Command = { argv: words, cwd, tty: process.stdin.isTTY };
  if (resolved === undefined) return report(await start(ground, command, unconfined(helper, command)));
  if (!command.tty) {
    const end = await start(ground, command, confine(presume(resolved, helper), command));
    if (readStatus(end.status)?.code !== "sandbox_unavailable") return report(end);
  }
  const confinement = await enforce(resolved, helper, NEVER);
  return report(await start(ground, command, confine(confinement, command)));
}

function start({ policy }: Ground, { tty }: Command, argv: readonly string[]): Promise<ForegroundEnd> {
  const network = allowsNetwork(policy) ? {} : { CODEX_SANDBOX_NETWORK_DISABLED: "1" };
  return runForeground({ argv, env: { ...process.env, ...network }, status: tty ? "none" : "pipe" });
}

function report({ code, status }: ForegroundEnd): ExitCode {
  const failure = readStatus(status);
  if (failure !== undefined) process.stderr.write(`error: ${failure.message}\n`);
  return code;
}
