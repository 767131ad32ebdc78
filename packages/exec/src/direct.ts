import { CodexError, createController } from "@codex/common";
import { enforce, resolvePolicy, unconfined } from "@codex/linux-sandbox";
import { CommandServer } from "./command-server.js";
import { confinedEnvironment } from "./confined.js";
import { directFiles } from "./files.js";
import { startCommand } from "./start.js";
import type { Command, Confinement, HideOptions } from "@codex/linux-sandbox";
import type { Environment, OptionalGuarantee, ResolvedPolicy } from "@codex/protocol";

export type DirectOptions = {
  readonly id: string;
  /** Path of the sandbox helper. Without it commands run in process groups and nothing can be confined. */
  readonly helper?: string | undefined;
  /** Value of `$TMPDIR`, a writable root of workspace-write. */
  readonly tmpdir?: string | undefined;
  /** Guarantees that the user consents to do without (house.md §11). */
  readonly allow_missing: readonly OptionalGuarantee[];
  /** What commands may not even read. Absent: everything is readable. */
  readonly hide?: HideOptions | undefined;
};

/** Disposing it ends what still runs: commands, and the file servers of its confined environments. */
export type ExecEnvironment = Environment & AsyncDisposable;

/** Commands and files of this machine, as the user, unconfined. */
export function createDirectEnvironment(options: DirectOptions): ExecEnvironment {
  const { helper } = options;
  const server = helper === undefined ? undefined : new CommandServer(helper);
  const wrap = (command: Command): readonly string[] => unconfined(helper ?? "", command);
  const launch = server === undefined ? undefined : { wrap, server };
  const life = createController();
  const running = new Set<AsyncDisposable>();
  const direct: ExecEnvironment = {
    id: options.id,
    files: directFiles,
    exec: (request, signal) => startCommand(request, launch, signal),
    resolve: (policy, policy_cwd) =>
      resolvePolicy(policy, policy_cwd, {
        ...options.hide,
        tmpdir: options.tmpdir,
        allow_missing: options.allow_missing,
      }),
    async confine(policy) {
      if (policy.policy.type === "external-sandbox") return direct;
      const { held, by } = await confinement(policy);
      return confinedEnvironment(direct, held, { running, server: by });
    },
    denial: () => undefined,
    async [Symbol.asyncDispose]() {
      life.abort(new CodexError("internal", "the environment has been disposed"));
      await Promise.all([...running].map((files) => files[Symbol.asyncDispose]()));
      await server?.[Symbol.asyncDispose]();
    },
  };
  const confinement = async (policy: ResolvedPolicy): Promise<{ held: Confinement; by: CommandServer }> => {
    if (policy.policy.type === "danger-full-access") {
      throw new CodexError("internal", "danger-full-access is not a confinement");
    }
    if (process.platform !== "linux") {
      throw new CodexError(
        "sandbox_unavailable",
        `there is no sandbox for ${process.platform} yet: run in a container`,
      );
    }
    if (helper === undefined || server === undefined) {
      throw new CodexError("sandbox_unavailable", "the sandbox helper is missing");
    }
    return { held: await enforce(policy, helper, life.signal), by: server };
  };
  return direct;
}
