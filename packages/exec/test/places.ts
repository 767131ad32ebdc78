import { createDirectEnvironment } from "../src/index.js";
import { openDocker } from "../src/docker.js";
import { openRemote } from "../src/remote.js";
import { workspaceWrite } from "./support.js";
import type { Environment, SandboxPolicy } from "@codex/protocol";
import type { ExecEnvironment } from "../src/index.js";

/** What the machine of a test gives. */
export type Ground = {
  /** The built sandbox helper. */
  readonly helper: string;
  /** The stand-in for docker, as a client, and what it inherits. */
  readonly stand_in: Engine | undefined;
  /** Docker itself, where there is an engine with the image that `CODEX_TEST_IMAGE` names. */
  readonly engine: Engine | undefined;
  /** The host `box`, without the helper and with it: opened once for all tests; `undefined`: no sshd here. */
  readonly ssh: { readonly plain: ExecEnvironment; readonly helped: ExecEnvironment } | undefined;
};

/** A place, and what is disposed of after the test. */
type Made = { readonly where: Environment; readonly outer?: ExecEnvironment };

type Engine = {
  readonly client: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly image: string;
};

export type Kind = {
  readonly name: string;
  readonly is_confined: boolean;
  readonly needs: "nothing" | "engine" | "sshd";
  /** Promises that it does not keep, by what they say, and why. */
  readonly except: Readonly<Record<string, string>>;
  make(ground: Ground, folder: string, policy: SandboxPolicy | undefined): Promise<Made>;
};

const NEVER = new AbortController().signal;
const HIDE = { deny: ["hidden", "hidden-file"] };

async function confined(outer: Environment, folder: string, policy: SandboxPolicy = workspaceWrite()) {
  return outer.confine(await outer.resolve(policy, folder));
}

const direct = (helper?: string): ExecEnvironment =>
  createDirectEnvironment({ id: "contract", allow_missing: [], helper, hide: HIDE });

/** Over ssh to the machine itself. */
export async function overSsh(client: readonly string[], far_helper?: string): Promise<ExecEnvironment> {
  const env = { PATH: process.env["PATH"] ?? "" };
  const { exec } = direct();
  const options = { id: "contract", exec, host: "box", client, env, temporary: "/tmp", allow_missing: [], far_helper };
  const { environment } = await openRemote({ ...options, hide: { deny: ["hidden", "hidden-file"] } }, NEVER);
  return environment;
}

function shared(environment: ExecEnvironment | undefined): Environment {
  if (environment === undefined) throw new Error("there is no sshd here");
  return environment;
}

async function inContainer(engine: Engine | undefined, folder: string, policy = workspaceWrite()): Promise<Made> {
  if (engine === undefined) throw new Error("there is no engine here");
  const options = {
    ...engine,
    exec: direct().exec,
    id: "contract",
    cwd: folder,
    policy,
    user: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    temporary: "/tmp",
    allow_missing: [],
    hide: HIDE,
  } as const;
  const { environment } = await openDocker(options, NEVER);
  return { where: await confined(environment, folder, policy), outer: environment };
}

const TREE = "takes what it left in other sessions along";

/** Every kind of place that there is. */
export const KINDS: readonly Kind[] = [
  {
    name: "this machine",
    is_confined: false,
    needs: "nothing",
    except: {},
    make: (ground) => Promise.resolve({ where: direct(ground.helper) }),
  },
  {
    name: "this machine without the helper",
    is_confined: false,
    needs: "nothing",
    except: { [TREE]: "only the process group is known" },
    make: () => Promise.resolve({ where: direct() }),
  },
  {
    name: "this machine, confined",
    is_confined: true,
    needs: "nothing",
    except: {},
    async make(ground, folder, policy) {
      const outer = direct(ground.helper);
      return { where: await confined(outer, folder, policy), outer };
    },
  },
  {
    name: "container (stand-in)",
    is_confined: true,
    needs: "nothing",
    except: {},
    make: ({ stand_in }, folder, policy) => inContainer(stand_in, folder, policy),
  },
  {
    name: "container of a real engine",
    is_confined: true,
    needs: "engine",
    except: {},
    make: ({ engine }, folder, policy) => inContainer(engine, folder, policy),
  },
  {
    name: "ssh, without the helper there",
    is_confined: false,
    needs: "sshd",
    except: {},
    make: ({ ssh }) => Promise.resolve({ where: shared(ssh?.plain) }),
  },
  {
    name: "ssh, with the helper",
    is_confined: false,
    needs: "sshd",
    except: {},
    make: ({ ssh }) => Promise.resolve({ where: shared(ssh?.helped) }),
  },
  {
    name: "ssh, confined",
    is_confined: true,
    needs: "sshd",
    except: {},
    make: async ({ ssh }, folder, policy) => ({ where: await confined(shared(ssh?.helped), folder, policy) }),
  },
];
