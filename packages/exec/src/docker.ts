import { randomBytes } from "node:crypto";
import { CodexError } from "@codex/common";
import { resolvePolicy } from "@codex/linux-sandbox";
import { containerArguments, openMounts } from "./far/container.js";
import { farEnvironment } from "./far/far-environment.js";
import { Links } from "./far/links.js";
import { BOOT } from "./far/script.js";
import type { HideOptions } from "@codex/linux-sandbox";
import type { Environment, OptionalGuarantee, ResolvedPolicy, SandboxPolicy } from "@codex/protocol";
import type { ExecEnvironment } from "./direct.js";
import type { ContainerUser } from "./far/container.js";
import type { Facts } from "./far/facts.js";
import type { Client, Feed, Link } from "./far/link.js";

export type DockerOptions = {
  readonly id: string;
  readonly image: string;
  /** Program and first arguments: `["docker"]`, `["podman"]`. */
  readonly client: readonly string[];
  /** What the client inherits: `DOCKER_HOST`, `HOME`, ... */
  readonly env: Readonly<Record<string, string>>;
  /** The session's directory on this machine, canonical; it has the same path inside. */
  readonly cwd: string;
  /** The session's: its container is started at once. */
  readonly policy: SandboxPolicy;
  readonly user: ContainerUser;
  /** For what covers hidden paths. */
  readonly temporary: string;
  /** Runs the client on this machine, tied to our life. */
  readonly exec: Environment["exec"];
  readonly allow_missing: readonly OptionalGuarantee[];
  /** What commands may not even read, where it lies below something mounted. */
  readonly hide?: HideOptions | undefined;
};

export type Docker = { readonly environment: ExecEnvironment; readonly facts: Facts };

/**
 * A container for each policy of a session, through the command of an engine on this machine. What the policy lets be
 * written is mounted, and so is the session's directory; everything else is the image's. Throws `bad_request` with
 * one line when there is no engine or no image.
 */
export async function openDocker(options: DockerOptions, signal: AbortSignal): Promise<Docker> {
  const links = new Links();
  const disposals: Disposable[] = [];
  const connect = (confinement: ResolvedPolicy): Promise<Link> =>
    links.get(JSON.stringify(confinement), async () => {
      const mounts = await openMounts(confinement, options.temporary);
      disposals.push(mounts);
      return dockerClient(
        options,
        containerArguments(confinement, { mounts, user: options.user, image: options.image }),
      );
    });
  const end = async (): Promise<void> => {
    await links[Symbol.asyncDispose]();
    for (const each of disposals) each[Symbol.dispose]();
  };
  try {
    const { facts } = await connect(await firstPolicy(options));
    signal.throwIfAborted();
    return { facts, environment: { ...dockerEnvironment(options, { connect, facts }), [Symbol.asyncDispose]: end } };
  } catch (error) {
    await end();
    throw error;
  }
}

type Running = { readonly connect: (policy: ResolvedPolicy) => Promise<Link>; readonly facts: Facts };

function dockerEnvironment(options: DockerOptions, { connect, facts }: Running): Environment {
  const { id } = options;
  const resolve: Environment["resolve"] = (policy, cwd) => resolveHere(options, policy, cwd);
  const path = facts.vars["PATH"] ?? "/usr/local/bin:/usr/bin:/bin";
  const keeper = { type: "plain" } as const;
  const open: Environment = farEnvironment({
    id,
    keeper,
    path,
    resolve,
    connect: () => connect(everything(options)),
    async confine(policy) {
      if (policy.policy.type === "external-sandbox") return open;
      if (policy.policy.type === "danger-full-access") {
        throw new CodexError("internal", "danger-full-access is not a confinement");
      }
      await connect(policy);
      return farEnvironment({
        id,
        keeper,
        path,
        policy,
        resolve,
        connect: () => connect(policy),
        confine: () => Promise.reject(new CodexError("internal", "confined already")),
      });
    },
  });
  return open;
}

/** Paths of this machine are the container's too. */
function resolveHere(options: DockerOptions, policy: SandboxPolicy, cwd: string): Promise<ResolvedPolicy> {
  return resolvePolicy(policy, cwd, { ...options.hide, tmpdir: undefined, allow_missing: options.allow_missing });
}

/** The session's directory and the network, inside what the engine confines. */
function everything({ cwd, allow_missing }: DockerOptions): ResolvedPolicy {
  const writable = [{ root: cwd, read_only: [] }];
  return { policy: { type: "danger-full-access" }, cwd, writable, denied: [], network: true, allow_missing };
}

function firstPolicy(options: DockerOptions): Promise<ResolvedPolicy> {
  const { type } = options.policy;
  if (type === "danger-full-access" || type === "external-sandbox") return Promise.resolve(everything(options));
  return resolveHere(options, options.policy, options.cwd);
}

function dockerClient({ client, env, exec, image }: DockerOptions, container: readonly string[]): Client {
  const name = `codex-${randomBytes(8).toString("hex")}`;
  const feeds: Readonly<Record<Feed, readonly string[]>> = {
    closed: [],
    pipe: ["--interactive"],
    terminal: ["--interactive", "--tty"],
  };
  return {
    name: "the container",
    warden: [...client, "run", "--name", name, ...container, "/bin/sh", "-c", BOOT],
    runner: (words, feed) => [...client, "exec", ...feeds[feed], name, ...words],
    env,
    exec,
    base: "/run/codex",
    last_resort: [...client, "rm", "--force", name],
    explain: (said) => explain(said, image, client[0] ?? "docker"),
  };
}

/** What to do about what the engine's command said, by a telling part of it. */
const ADVICE: readonly (readonly [RegExp, (image: string, client: string) => string])[] = [
  [
    /no such image|image not known|unable to find image/i,
    (image, client) => `there is no image ${image} here: ${client} pull ${image}`,
  ],
  [
    /no such program|cannot be started|No such file or directory$/m,
    (_, client) => `there is no ${client} here: install it, or set environment.client`,
  ],
  [
    /cannot connect to the docker daemon|connection refused|is the docker daemon running/i,
    (_, client) => `${client} has no engine: start it`,
  ],
  [/permission denied.*(?:daemon|socket)/i, (_, client) => `${client} may not be used by this account`],
  [/exec: "\/bin\/sh"/, (image) => `the image ${image} has no /bin/sh`],
];

function explain(said: string, image: string, client: string): string {
  const lines = said.split("\n").filter((line) => line.trim() !== "" && !/^(?:See|Run) '/.test(line));
  const last = (lines.find((line) => /error/i.test(line)) ?? lines.at(-1))?.trim() ?? "it ended without a word";
  const advice = ADVICE.find(([telling]) => telling.test(said))?.[1](image, client);
  return advice === undefined ? `${client}: ${last}` : `${advice} (${last})`;
}
