import os from "node:os";
import type {
  Codex,
  CodexDeps,
  Credentials,
  Environment,
  ModelProvider,
  OpenRequest,
  SandboxPolicy,
  SessionDeps,
  SessionScope,
  TurnSettings,
} from "@codex/protocol";
import type { Config, Env, LoadOptions } from "@codex/config";
import { codexHome, loadConfig, processEnvironment, readAuthKey } from "@codex/config";
import {
  capture,
  childVars,
  exitCode,
  findShell,
  forcedVars,
  renderCaptured,
  selectEnvironment,
  selectShell,
  shellArgv,
} from "@codex/exec";
import { findHelper } from "@codex/linux-sandbox";
import { CodexError, codeOf } from "@codex/common";
import { openApprovals } from "./approvals/open.js";
import { createEngine } from "./codex.js";
import { readCredentials } from "./home/credentials.js";
import { createRecording, readRecording } from "./home/recording-file.js";
import { DEFAULT_MODEL, modelInfo } from "./model/catalog.js";
import { overrideModels } from "./model/overrides.js";
import { createModelProvider } from "./model/providers.js";
import { recordModels } from "./model/record.js";
import { replayModels } from "./model/replay.js";
import { userAgent } from "./model/request.js";
import { uuidv7 } from "./new-id.js";
import { createRolloutStore } from "./rollout/store.js";
import { createSessionContext } from "./session-context.js";
import { systemClock } from "./system-clock.js";
import { builtinTools } from "./tools/builtin/source.js";
import type { ShellPowers } from "./tools/shell-powers.js";

/** How an embedder or the command line sets Codex up. Everything may be left out. */
export type CodexOptions = Partial<CodexDeps> & {
  /** Default: the environment of this process. */
  readonly env?: Env;
  /** What the command line says about the configuration. */
  readonly config?: Omit<LoadOptions, "cwd" | "env" | "session">;
  /** A recording that answers instead of a model; a request that differs from the recorded one fails. */
  readonly replay?: string;
  /** Where to write a recording of the model's answers. */
  readonly record?: string;
  /** The Linux sandbox helper; default: the one that came with `@codex/linux-sandbox`. */
  readonly helper?: string;
};

type Wiring = CodexOptions & {
  readonly env: Env;
  readonly clock: CodexDeps["clock"];
  readonly originator: string;
  readonly version: string;
};

/** The engine with every port filled in; any of them can be replaced by passing it. */
export function createCodex(options: CodexOptions = {}): Codex {
  const env = options.env ?? processEnvironment();
  const clock = options.clock ?? systemClock;
  const wiring: Wiring = { originator: "codex_ts", version: "0.1.0", ...options, env, clock };
  return createEngine({
    clock,
    newId: options.newId ?? (() => uuidv7(clock.now())),
    originator: wiring.originator,
    version: wiring.version,
    store: options.store ?? createRolloutStore(() => homeOf(wiring), clock),
    session: options.session ?? ((request, scope) => composeSession(request, scope, wiring)),
  });
}

async function homeOf(wiring: Wiring): Promise<string> {
  return wiring.config?.home ?? (await codexHome(wiring.env));
}

async function composeSession(request: OpenRequest, scope: SessionScope, wiring: Wiring): Promise<SessionDeps> {
  const { env } = wiring;
  const cwd = request.settings?.cwd ?? process.cwd();
  const session = request.config === undefined ? {} : { session: request.config };
  const config = await loadConfig({ ...wiring.config, ...session, cwd, env });
  const { sandbox_policy } = { ...config.settings, ...request.settings };
  const environment = selectEnvironment({
    type: "direct",
    id: "direct",
    helper: helperFor(sandbox_policy, wiring.helper),
    tmpdir: env["TMPDIR"],
    allow_missing: config.sandbox.allow_missing,
  });
  const models = await modelsFor(config, wiring);
  const permissions = await openApprovals(config, scope.signal);
  const settings: TurnSettings = {
    ...config.settings,
    model: config.settings.model ?? models.default_model,
    ...request.settings,
  };
  await proveSandbox(environment, settings);
  const shell = selectShell(shellOptions(env));
  const tools = [builtinTools(shellPowers(env, config))];
  return {
    settings,
    environment,
    tools,
    models: overrideModels(models.provider, config.model),
    ...permissions,
    context: createSessionContext({ config, request, scope, shell: shell.kind, files: environment.files }),
    sinks: [],
    warnings: [...config.warnings.map((warning) => warning.message), ...unknownModel(settings.model)],
    async [Symbol.asyncDispose]() {
      for (const source of tools) await source[Symbol.asyncDispose]();
      await environment[Symbol.asyncDispose]();
      models.finish();
    },
  };
}

type Models = {
  readonly provider: ModelProvider;
  readonly default_model: string;
  /** Releases what it holds; throws when a recording was not used up. */
  finish(): void;
};

async function modelsFor(config: Config, wiring: Wiring): Promise<Models> {
  const names = { home: os.homedir(), temporary: os.tmpdir() };
  if (wiring.replay !== undefined) {
    const replay = replayModels(await readRecording(wiring.replay), names);
    return { provider: replay, default_model: replay.model, finish: () => replay.finish() };
  }
  if (config.provider.kind === "replay") {
    const text = 'model_provider "replay" answers from a recording: name it with --replay FILE';
    throw new CodexError("config_invalid", text);
  }
  const credentials = readCredentials({ env: wiring.env, readAuthKey: () => readAuthKey(config.home) });
  const live = createModelProvider({
    specs: config.providers,
    credentials,
    env: (name) => wiring.env[name],
    clock: wiring.clock,
    originator: wiring.originator,
    version: wiring.version,
    user_agent: userAgent({
      originator: wiring.originator,
      version: wiring.version,
      os_name: os.type(),
      os_version: os.release(),
      arch: os.machine(),
    }),
  });
  if (wiring.record === undefined) {
    return { provider: live, default_model: DEFAULT_MODEL, finish: () => live[Symbol.dispose]() };
  }
  const secrets = await knownSecrets(config, credentials, wiring.env);
  const recording = createRecording(wiring.record);
  return {
    provider: recordModels(live, { ...names, secrets, append: (line) => recording.append(line) }),
    default_model: DEFAULT_MODEL,
    finish: () => {
      recording.close();
      live[Symbol.dispose]();
    },
  };
}

/** What must never stand in a recording, whatever it looks like. */
async function knownSecrets(config: Config, credentials: Credentials, env: Env): Promise<readonly string[]> {
  const own = await credentials.current(new AbortController().signal);
  const configured = Object.values(config.providers).flatMap((provider) => [
    provider.experimental_bearer_token,
    provider.env_key === undefined ? undefined : env[provider.env_key],
    ...Object.values(provider.env_http_headers).map((name) => env[name]),
  ]);
  return [own?.token, ...configured].flatMap((secret) => (secret === undefined || secret === "" ? [] : [secret]));
}

function shellPowers(env: Env, config: Config): ShellPowers {
  const options = shellOptions(env);
  const credentials = Object.values(config.providers).flatMap((provider) => provider.env_key ?? []);
  return {
    argv: (script, { shell, login }) =>
      shellArgv(shell === undefined ? selectShell(options) : findShell(shell, options), script, { login }),
    vars: (facts) =>
      childVars({ inherited: env, policy: config.shell_environment, credentials, forced: forcedVars(facts) }),
    capture,
    render: renderCaptured,
    exitCode,
  };
}

function shellOptions(env: Env) {
  return { env_shell: env["SHELL"], path: env["PATH"] };
}

/** Where nothing is confined, a machine without the helper still works. */
function helperFor(policy: SandboxPolicy, explicit: string | undefined): string | undefined {
  try {
    return findHelper(explicit);
  } catch (error) {
    const is_needed = policy.type !== "danger-full-access" && policy.type !== "external-sandbox";
    if (is_needed || codeOf(error) !== "sandbox_unavailable") throw error;
    return undefined;
  }
}

/** A sandbox that cannot be set up is told before anything is asked of a model. */
async function proveSandbox(environment: Environment, settings: TurnSettings): Promise<void> {
  if (settings.sandbox_policy.type === "danger-full-access") return;
  await environment.confine(await environment.resolve(settings.sandbox_policy, settings.cwd));
}

function unknownModel(model: string): readonly string[] {
  if (modelInfo(model).known) return [];
  return [`the model ${model} is not in the catalog; cautious defaults are used for it`];
}
