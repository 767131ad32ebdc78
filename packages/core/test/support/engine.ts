import { childVars, DEFAULT_SHELL_ENVIRONMENT, exitCode, follow, forcedVars, renderCaptured } from "@codex/exec";
import type {
  ApprovalPolicy,
  Event,
  EventMsg,
  Hooks,
  Op,
  RolloutItem,
  RolloutLine,
  SandboxPolicy,
  SessionContext,
  SessionHandle,
  TurnSettings,
} from "@codex/protocol";
import type { FakeEnvironment, ManualClock, ScriptedModel } from "@codex/test-support";
import { fakeEnvironment, manualClock } from "@codex/test-support";
import { createEngine } from "../../src/codex.js";
import { NO_HOOKS } from "../../src/hooks/no-hooks.js";
import { uuidv7 } from "../../src/new-id.js";
import { builtinTools } from "../../src/tools/builtin/source.js";
import { Processes } from "../../src/tools/processes.js";
import type { ShellPowers } from "../../src/tools/shell-powers.js";
import { createUserShell } from "../../src/tools/user-shell.js";
import { expectDescribed } from "./described.js";
import type { TestApprovals } from "./approvals.js";
import { testApprovals } from "./approvals.js";
import { memoryHistory, memoryStore, STORED_ID } from "./memory-store.js";

export const WORKSPACE_WRITE: SandboxPolicy = {
  type: "workspace-write",
  writable_roots: [],
  network_access: false,
  exclude_tmpdir_env_var: true,
  exclude_slash_tmp: true,
};

export const SETTINGS: TurnSettings = {
  cwd: "/work",
  model: "scripted",
  model_provider: "fake",
  approval_policy: "never",
  sandbox_policy: WORKSPACE_WRITE,
};

export const powers: ShellPowers = {
  argv: (script, { login }) => ["bash", login ? "-lc" : "-c", script],
  vars: (facts) => childVars({ inherited: {}, policy: DEFAULT_SHELL_ENVIRONMENT, forced: forcedVars(facts) }),
  ready: (request) => request,
  follow,
  render: renderCaptured,
  exitCode,
};

export type TestEngine = {
  readonly session: SessionHandle;
  readonly environment: FakeEnvironment;
  readonly clock: ManualClock;
  /** What the log got, in order. */
  readonly log: readonly RolloutItem[];
  /** Everything the face has seen so far. */
  readonly seen: readonly Event[];
  /** Submits and waits until a turn ends or an input is refused. */
  ask(text: string): Promise<readonly EventMsg[]>;
  submit(op: Op): void;
  /** Waits for an event of this type that came after the call, or one that is there already and not yet waited for. */
  until(type: EventMsg["type"]): Promise<EventMsg>;
};

export type TestEngineOptions = {
  readonly model: ScriptedModel;
  readonly environment?: FakeEnvironment;
  readonly settings?: Partial<TurnSettings>;
  readonly approvals?: ApprovalPolicy;
  readonly hooks?: Hooks;
  /** Rules and what was allowed; default: no rules. */
  readonly permissions?: TestApprovals;
  readonly docs?: string;
  readonly compact?: SessionContext["compact"];
  readonly context?: Partial<SessionContext>;
  /** Lines of a session that is to be resumed. */
  readonly stored?: readonly RolloutLine[];
  /** Told while the surroundings of the session are made ready. */
  readonly early?: readonly EventMsg[];
  readonly warnings?: readonly string[];
};

/** The engine over fakes of every port; its one session is open. */
export async function testEngine(options: TestEngineOptions): Promise<TestEngine> {
  const environment = options.environment ?? fakeEnvironment();
  const clock = manualClock({ skip_up_to: 60_000 });
  const terminals = new Processes();
  const log: RolloutItem[] = [];
  const permissions = options.permissions ?? testApprovals();
  const codex = createEngine({
    clock,
    newId: () => uuidv7(clock.now()),
    originator: "test",
    version: "0.0.0",
    store: memoryStore(log, options.stored ?? []),
    session: (_request, scope) => {
      for (const message of options.early ?? []) scope.emit(message);
      return Promise.resolve({
        settings: { ...SETTINGS, ...options.settings },
        context: {
          instructions: "be good",
          has_own_instructions: false,
          compact: options.compact ?? {},
          developer_instructions: "",
          projectDocs: () => Promise.resolve({ text: options.docs ?? "", files: [] }),
          docsOnTheWay: () => Promise.resolve([]),
          repository: () => Promise.resolve({}),
          skills: () => Promise.resolve([]),
          customPrompts: () => Promise.resolve([]),
          ...options.context,
          shell: "bash",
          timezone: "Etc/UTC",
          include: { permissions: true, environment: true, skills: true },
        },
        models: options.model,
        ...permissions,
        hooks: options.hooks ?? NO_HOOKS,
        ...(options.approvals === undefined ? {} : { approvals: options.approvals }),
        environment,
        tools: [builtinTools(powers, terminals)],
        terminals,
        user_shell: createUserShell(environment, powers),
        prompt_history: memoryHistory(),
        sinks: [],
        warnings: options.warnings ?? [],
        [Symbol.asyncDispose]: () => terminals[Symbol.asyncDispose](),
      });
    },
  });
  const session = await codex.open(options.stored === undefined ? { type: "new" } : { type: "resume", id: STORED_ID });
  return { ...watch(session), session, environment, clock, log };
}

function watch(session: SessionHandle): Pick<TestEngine, "seen" | "ask" | "submit" | "until"> {
  const seen: Event[] = [];
  const events = session.events[Symbol.asyncIterator]();
  const until = async (wanted: (message: EventMsg) => boolean): Promise<EventMsg> => {
    for (;;) {
      const next = await events.next();
      if (next.done === true) throw new Error(`the session ended after ${seen.map(({ msg }) => msg.type).join(" ")}`);
      seen.push(next.value);
      expectDescribed("Event", next.value);
      if (wanted(next.value.msg)) return next.value.msg;
    }
  };
  return {
    seen,
    submit: (op) => void session.submit(op),
    until: (type) => until((message) => message.type === type),
    async ask(text) {
      const from = seen.length;
      session.submit({ type: "user_input", items: [{ type: "text", text }] });
      await until(({ type }) => type === "task_complete" || type === "turn_aborted");
      return seen.slice(from).map(({ msg }) => msg);
    },
  };
}

export function typesOf(messages: readonly EventMsg[]): readonly string[] {
  return messages.map(({ type }) => type);
}
