import { tmpdir } from "node:os";
import { createDirectEnvironment } from "./direct.js";
import { openDocker } from "./docker.js";
import { openRemote } from "./remote.js";
import { findShell, selectShell } from "./shell.js";
import type { Environment, SandboxPolicy } from "@codex/protocol";
import type { DirectOptions, ExecEnvironment } from "./direct.js";
import type { Facts } from "./far/facts.js";
import type { Shell } from "./shell.js";

/** Where a session's commands run, as the configuration says it. `type` names the kind of place. */
export type PlaceSettings =
  | { readonly type: "direct" }
  /** `client`: program and first arguments that stand for `docker`. */
  | { readonly type: "docker"; readonly image: string; readonly client?: readonly string[] | undefined }
  | {
      readonly type: "ssh";
      readonly host: string;
      /** Where sessions start there, absolute; absent: where a login does. */
      readonly cwd?: string | undefined;
      /** The sandbox helper there; absent: the one on its search path. */
      readonly helper?: string | undefined;
      /** Program and first arguments that stand for `ssh`. */
      readonly client?: readonly string[] | undefined;
    };

type Vars = Readonly<Record<string, string | undefined>>;

export type PlaceOptions = Omit<DirectOptions, "tmpdir"> & {
  readonly place: PlaceSettings;
  /** Of the session, and the directory on this machine that it was started in. */
  readonly policy: SandboxPolicy;
  readonly cwd: string;
  /** The variables of this process. */
  readonly env: Vars;
};

export type Place = {
  readonly environment: Environment;
  /** Where the session works, as the place knows it. */
  readonly cwd: string;
  /** What commands inherit there. */
  readonly vars: Vars;
  /** The user's shell there. */
  readonly shell: Shell;
  /** The one that a model asked for by name or path, else the user's. */
  findShell(name: string): Shell;
};

/** Where commands run, and this machine, where the user's own programs run: hooks. */
export type Places = { readonly place: Place; readonly host: Place; close(): Promise<void> };

/** Commands and files of this machine. */
export function selectEnvironment(options: { readonly type: "direct" } & DirectOptions): ExecEnvironment {
  return createDirectEnvironment(options);
}

/** Throws `bad_request` with one line when the place cannot be had. */
export async function openPlaces(options: PlaceOptions, signal: AbortSignal): Promise<Places> {
  const host = here(options);
  const end = async (): Promise<void> => host.environment[Symbol.asyncDispose]();
  if (options.place.type === "direct") return { host, place: host, close: end };
  try {
    const place = await openPlace(options.place, { ...options, host: host.environment }, signal);
    const close = async (): Promise<void> => {
      await place.environment[Symbol.asyncDispose]();
      await end();
    };
    return { host, place, close };
  } catch (error) {
    await end();
    throw error;
  }
}

type Elsewhere = Exclude<PlaceSettings, { readonly type: "direct" }>;

type Opened = Place & { readonly environment: ExecEnvironment };
type Opening = PlaceOptions & { readonly host: ExecEnvironment };

async function openPlace(place: Elsewhere, options: Opening, signal: AbortSignal): Promise<Opened> {
  const { env, host } = options;
  const { exec } = host;
  switch (place.type) {
    case "docker": {
      const client = place.client ?? ["docker"];
      const more = { image: place.image, client, exec, env: present(env), user: ids(), temporary: tmpdir() };
      const { environment, facts } = await openDocker({ ...options, ...more }, signal);
      return there(environment, facts, options.cwd);
    }
    case "ssh": {
      const client = place.client ?? ["ssh"];
      const { host: name, helper: far_helper } = place;
      const more = { host: name, client, exec, env: present(env), temporary: tmpdir(), far_helper };
      const { environment, facts } = await openRemote({ ...options, ...more }, signal);
      return there(environment, facts, place.cwd ?? facts.cwd);
    }
    default:
      return place satisfies never;
  }
}

function ids(): { readonly uid: number; readonly gid: number } | undefined {
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

function here(options: PlaceOptions): Opened {
  const { env, cwd } = options;
  const known = { env_shell: env["SHELL"], path: env["PATH"] };
  return {
    environment: createDirectEnvironment({ ...options, tmpdir: env["TMPDIR"] }),
    cwd,
    vars: env,
    shell: selectShell(known),
    findShell: (name) => findShell(name, known),
  };
}

function there(environment: ExecEnvironment, facts: Facts, cwd: string): Opened {
  const shell = shellAt(facts.shell) ?? { kind: "sh", path: "/bin/sh" };
  return {
    environment,
    cwd,
    vars: facts.vars,
    shell,
    // whether it is there cannot be known without asking: a path is taken as it stands
    findShell: (name) => (name.startsWith("/") ? (shellAt(name) ?? shell) : shell),
  };
}

function shellAt(path: string): Shell | undefined {
  const kind = (["bash", "zsh", "sh"] as const).find((each) => path === each || path.endsWith(`/${each}`));
  return kind === undefined ? undefined : { kind, path };
}

function present(vars: Vars): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(vars).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
