import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CodexError } from "@codex/common";
import { capture } from "./output.js";
import { decodeText } from "./text.js";
import { farEnvironment } from "./far/far-environment.js";
import { remoteEnforcement, resolveRemotely } from "./far/far-policy.js";
import { Links } from "./far/links.js";
import { BOOT } from "./far/script.js";
import type { Environment, ExecRequest, OptionalGuarantee } from "@codex/protocol";
import type { HideOptions } from "@codex/linux-sandbox";
import type { ExecEnvironment } from "./direct.js";
import type { Facts } from "./far/facts.js";
import type { Client, Feed, Link } from "./far/link.js";

export type RemoteOptions = {
  readonly id: string;
  /** As `ssh` takes it: a name of its configuration, or `user@host`. */
  readonly host: string;
  /** Program and first arguments. */
  readonly client: readonly string[];
  /** Absolute path of the sandbox helper there; absent: looked for on the search path. */
  readonly far_helper?: string | undefined;
  /** What the client inherits: `SSH_AUTH_SOCK`, `HOME`, ... */
  readonly env: Readonly<Record<string, string>>;
  /** Where the connection's socket goes: a short path, since the system limits it. */
  readonly temporary: string;
  /** Runs the client on this machine, tied to our life. */
  readonly exec: Environment["exec"];
  readonly allow_missing: readonly OptionalGuarantee[];
  readonly hide?: Pick<HideOptions, "deny" | "known_secrets"> | undefined;
};

export type Remote = { readonly environment: ExecEnvironment; readonly facts: Facts };

/** Seconds until the first answer of a machine. */
const CONNECT = 15;
/** Whatever the user's own configuration says of these would get in our way, or open this machine to that one. */
const SETTINGS: readonly string[] = [
  "BatchMode=yes",
  "ClearAllForwardings=yes",
  `ConnectTimeout=${CONNECT}`,
  "ControlPersist=no",
  "EscapeChar=none",
  "ForwardAgent=no",
  "ForwardX11=no",
  "LogLevel=ERROR",
  "PermitLocalCommand=no",
  "RemoteCommand=none",
  "ServerAliveCountMax=3",
  "ServerAliveInterval=15",
];

/** Another machine, over the system's `ssh`. Throws `bad_request` with one line when it cannot be reached. */
export async function openRemote(options: RemoteOptions, signal: AbortSignal): Promise<Remote> {
  if (options.host === "" || options.host.startsWith("-")) {
    throw new CodexError("config_invalid", `${JSON.stringify(options.host)} is no host: set environment.host`);
  }
  const folder = mkdtempSync(join(options.temporary.length > 60 ? "/tmp" : options.temporary, "codex-ssh-"));
  const links = new Links();
  const client = sshClient(options, join(folder, "s"));
  const connect = (): Promise<Link> => links.get("ssh", () => Promise.resolve(client));
  const end = async (): Promise<void> => {
    await links[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const { facts } = await links.get("ssh", () => Promise.resolve(client));
    signal.throwIfAborted();
    return { facts, environment: { ...remoteEnvironment(options, { connect, facts }), [Symbol.asyncDispose]: end } };
  } catch (error) {
    await end();
    throw error;
  }
}

type Reached = { readonly connect: () => Promise<Link>; readonly facts: Facts };

function remoteEnvironment(options: RemoteOptions, { connect, facts }: Reached): Environment {
  const { id } = options;
  const path = facts.vars["PATH"] ?? "/usr/bin:/bin";
  const far_helper = options.far_helper ?? facts.helper;
  const plain: Environment = farEnvironment({
    id,
    connect,
    path,
    keeper: far_helper === undefined ? { type: "plain" } : { type: "helper", words: [far_helper, "unconfined"] },
    resolve: (policy, cwd) => resolveRemotely(plain, { policy, cwd, facts, options, path }),
    async confine(policy) {
      if (policy.policy.type === "external-sandbox") return plain;
      const closed = { ...policy, denied: [...policy.denied, facts.directory] };
      const words = remoteEnforcement(closed, { host: options.host, helper: far_helper, system: facts.system });
      const inside = farEnvironment({
        id,
        connect,
        path,
        policy: closed,
        keeper: { type: "helper", words },
        resolve: (narrower, cwd) => plain.resolve(narrower, cwd),
        confine: () => Promise.reject(new CodexError("internal", "confined already")),
      });
      await prove(inside, policy.cwd);
      return inside;
    },
  });
  return plain;
}

/** The sandbox there is tried once, so that what it cannot hold is told before anything runs. */
async function prove(inside: Environment, cwd: string): Promise<void> {
  const { signal } = new AbortController();
  const request: ExecRequest = { argv: ["/bin/sh", "-c", ":"], cwd, env: {}, stdin: "closed", timeout_ms: 30_000 };
  const process = inside.exec(request, signal);
  const said = decodeText((await capture(process.output, { signal })).head);
  const exit = await process.exit;
  if (exit.type === "exited" && exit.code === 0) return;
  const why = exit.type === "failed_to_start" ? exit.message : said.trim();
  throw new CodexError("sandbox_unavailable", `the sandbox there does not work: ${why || exit.type}`);
}

function sshClient(options: RemoteOptions, socket: string): Client {
  const { exec, host } = options;
  const settings = SETTINGS.flatMap((setting) => ["-o", setting]);
  const words = (master: "yes" | "no", terminal: readonly string[], command: string): readonly string[] => [
    ...options.client,
    ...terminal,
    ...settings,
    "-o",
    `ControlMaster=${master}`,
    "-o",
    `ControlPath=${socket}`,
    "--",
    host,
    command,
  ];
  return {
    name: `the host ${host}`,
    warden: words("yes", ["-T"], `exec /bin/sh -c '${BOOT}'`),
    runner: (far, feed: Feed) => words("no", [feed === "terminal" ? "-tt" : "-T"], `exec ${far.join(" ")}`),
    env: options.env,
    exec,
    base: "${TMPDIR:-/tmp}",
    explain: (said) => explain(said, host, options.client[0] ?? "ssh"),
  };
}

/** What to do about what ssh said, by a telling part of it. */
const ADVICE: readonly (readonly [RegExp, (host: string) => string])[] = [
  [/Could not resolve hostname/, () => "no such host: check environment.host, or add it to ~/.ssh/config"],
  [/REMOTE HOST IDENTIFICATION HAS CHANGED/, () => "its host key has changed: make sure why, then ssh-keygen -R it"],
  [/Host key verification failed/, (host) => `its host key is not known here: run \`ssh ${host}\` once and check it`],
  [
    /Permission denied|Too many authentication failures/,
    (host) => `it does not let us in: \`ssh ${host}\` must work without a password`,
  ],
  [/Connection refused|timed out|No route to host|unreachable/, () => "it cannot be reached"],
  [
    /No such file or directory|no such program/,
    () => "the program cannot be started: install OpenSSH, or set environment.client",
  ],
];

function explain(said: string, host: string, program: string): string {
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  const last = lines.at(-1)?.trim() ?? "it ended without a word";
  const advice = ADVICE.find(([telling]) => telling.test(said))?.[1](host);
  return `${program} ${host}: ${advice === undefined ? last : `${advice} (${last})`}`;
}
