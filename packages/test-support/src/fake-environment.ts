import { CodexError, onAbort, Queue } from "@codex/common";
import { allowsNetwork } from "@codex/protocol";
import type {
  Denial,
  Environment,
  ExecRequest,
  ExitStatus,
  OutputChunk,
  Process,
  ResolvedPolicy,
  SandboxPolicy,
} from "@codex/protocol";
import { fakeDisk, fakeFiles } from "./fake-files.js";
import type { FakeDisk } from "./fake-files.js";

/** How a fake process goes. */
export type FakeRun = {
  readonly stdout?: string;
  readonly stderr?: string;
  /** Default: exited with 0. */
  readonly exit?: ExitStatus | number;
  /** The sandbox said no. */
  readonly denied?: Denial;
  /** Runs until it is killed, or until this settles. */
  readonly until?: Promise<void> | "killed";
};

/** Answers a command; `confined` is the policy it runs under. */
export type FakeCommand = (request: ExecRequest, confined: ResolvedPolicy | undefined) => FakeRun;

export type FakeEnvironmentOptions = {
  /** Absolute path → text. */
  readonly files?: Readonly<Record<string, string>>;
  /** Default: every command exits with 0 and says nothing. */
  readonly run?: FakeCommand;
  /** `confine` throws `sandbox_unavailable` with this message. */
  readonly refuses?: string;
};

export type FakeEnvironment = Environment & {
  /** Every command started, here or in a confined place. */
  readonly ran: readonly { readonly request: ExecRequest; readonly confined: ResolvedPolicy | undefined }[];
  /** Every policy that was confined to. */
  readonly confined: readonly ResolvedPolicy[];
  /** Text of a file; `undefined` when there is none. */
  text(path: string): string | undefined;
};

type World = {
  readonly disk: FakeDisk;
  readonly options: FakeEnvironmentOptions;
  readonly ran: { readonly request: ExecRequest; readonly confined: ResolvedPolicy | undefined }[];
  readonly confined: ResolvedPolicy[];
  readonly denials: WeakMap<ExitStatus, Denial>;
};

/** A place with files in memory and scripted processes. Confinement is kept for files, and recorded. */
export function fakeEnvironment(options: FakeEnvironmentOptions = {}): FakeEnvironment {
  const world: World = {
    disk: fakeDisk(options.files ?? {}),
    options,
    ran: [],
    confined: [],
    denials: new WeakMap(),
  };
  return {
    ...place(world, undefined),
    ran: world.ran,
    confined: world.confined,
    text: (path) => {
      const data = world.disk.contents.get(path);
      return data === undefined ? undefined : Buffer.from(data).toString();
    },
  };
}

function place(world: World, confined: ResolvedPolicy | undefined): Environment {
  return {
    id: "fake",
    files: fakeFiles(world.disk, (path) => confined === undefined || mayWrite(confined, path)),
    exec: (request, signal) => {
      world.ran.push({ request, confined });
      return start(world, world.options.run?.(request, confined) ?? {}, signal);
    },
    resolve: async (policy, policy_cwd) => resolved(policy, policy_cwd),
    confine: async (policy) => {
      if (world.options.refuses !== undefined) throw new CodexError("sandbox_unavailable", world.options.refuses);
      world.confined.push(policy);
      return place(world, policy);
    },
    denial: (exit) => world.denials.get(exit),
  };
}

function mayWrite({ policy, writable }: ResolvedPolicy, path: string): boolean {
  if (policy.type === "danger-full-access" || policy.type === "external-sandbox") return true;
  const isWithin = (root: string): boolean => path === root || path.startsWith(`${root}/`);
  return writable.some(({ root, read_only }) => isWithin(root) && !read_only.some(isWithin));
}

function resolved(policy: SandboxPolicy, cwd: string): ResolvedPolicy {
  const roots = policy.type === "workspace-write" ? [cwd, ...policy.writable_roots] : [];
  return {
    policy,
    cwd,
    writable: roots.map((root) => ({ root, read_only: [`${root}/.git`, `${root}/.codex`, `${root}/.agents`] })),
    denied: [],
    network: allowsNetwork(policy),
    allow_missing: [],
  };
}

function start(world: World, run: FakeRun, signal: AbortSignal): Process {
  const output = new Queue<OutputChunk>();
  if (run.stdout !== undefined) output.push({ stream: "stdout", data: Buffer.from(run.stdout) });
  if (run.stderr !== undefined) output.push({ stream: "stderr", data: Buffer.from(run.stderr) });
  const status: ExitStatus = typeof run.exit === "number" ? { type: "exited", code: run.exit } : exitOf(run);
  if (run.denied !== undefined) world.denials.set(status, run.denied);

  let kill: (by: string) => void = () => undefined;
  const killed = new Promise<ExitStatus>((resolve) => {
    kill = (by) => resolve({ type: "signaled", signal: by });
  });
  const listener = onAbort(signal, () => kill("SIGKILL"));
  const ends = run.until === undefined || run.until === "killed" ? [] : [run.until.then(() => status)];
  const exit = (run.until === undefined ? Promise.resolve(status) : Promise.race([killed, ...ends])).finally(() => {
    listener[Symbol.dispose]();
    output.close();
  });
  return {
    pid: 4242,
    output,
    exit,
    write: () => Promise.resolve(),
    closeInput: () => undefined,
    resize: () => undefined,
    kill: (by = "SIGTERM") => kill(by),
  };
}

function exitOf({ exit }: FakeRun): ExitStatus {
  return typeof exit === "object" ? exit : { type: "exited", code: 0 };
}
