import os from "node:os";
import type {
  Codex,
  CodexDeps,
  Credentials,
  Environment,
  OpenRequest,
  SandboxPolicy,
  SessionDeps,
  SessionScope,
  TurnSettings,
} from "@codex/protocol";
import { isConfined } from "@codex/protocol";
import type { Config, Env } from "@codex/config";
import { codexHome, loadConfig, processEnvironment } from "@codex/config";
import {
  childVars,
  createProfileShortcut,
  exitCode,
  follow,
  forcedVars,
  lockFile,
  renderCaptured,
  openPlaces,
  selectEnvironment,
  shellArgv,
  withheldVars,
} from "@codex/exec";
import type { ChildVarsOptions, Place, Shell } from "@codex/exec";
import { findHelper } from "@codex/linux-sandbox";
import { createStoredCredentials } from "@codex/login";
import { codeOf } from "@codex/common";
import { openApprovals } from "./approvals/open.js";
import type { SessionApprovals } from "./approvals/open.js";
import { createEngine } from "./codex.js";
import { configWarnings } from "./config-warnings.js";
import type { CodexOptions } from "./codex-options.js";
import { libraryOver } from "./embed/library.js";
import type { CodexLibrary } from "./embed/library.js";
import { withPorts } from "./embed/ports.js";
import { givenModels } from "./model/given-models.js";
import { readCredentials } from "./home/credentials.js";
import { createPromptHistory } from "./home/history-file.js";
import { createModelsCache } from "./home/models-cache.js";
import { localTimeZone } from "./home/time-zone.js";
import type { Run } from "./model/run.js";
import { runOf } from "./model/run-of.js";
import { abandonModels, openSessionModels } from "./model/session-models.js";
import type { SessionModels } from "./model/session-models.js";
import { createTokenCommands } from "./model/token-command.js";
import { modelWarnings } from "./model/warnings.js";
import { uuidv7 } from "./new-id.js";
import { createRolloutStore } from "./rollout/store.js";
import { openSinks } from "./sinks/open.js";
import { Processes } from "./tools/processes.js";
import { embeddedTools } from "./tools/embedded.js";
import type { ShellPowers } from "./tools/shell-powers.js";
import { toolsConfigOf } from "./tools/tools-config.js";
import { createUserShell } from "./tools/user-shell.js";

type Wiring = CodexOptions & {
  readonly run: Run;
  readonly env: Env;
  readonly clock: CodexDeps["clock"];
  readonly originator: string;
  readonly version: string;
};

/**
 * The engine with every port filled in; any of them can be replaced by passing it. Nothing is read before the first
 * session but a `replay`, nothing runs after it is disposed, and nothing is shared with another one but files.
 */
export function createCodex(options: CodexOptions = {}): CodexLibrary {
  const env = options.env ?? processEnvironment();
  const run = runOf(options);
  const { clock, newId } = run;
  const wiring: Wiring = { originator: "codex_ts", version: "0.1.0", ...options, env, clock, run };
  const engine = createEngine({
    clock,
    newId,
    originator: wiring.originator,
    version: wiring.version,
    store: options.store ?? createRolloutStore({ home: () => homeOf(wiring), clock, lock: lockFile }),
    session: options.session ?? ((request, scope) => composeSession(request, scope, wiring)),
  });
  // the session that is repeated has its file already
  if (!run.isCopy) return libraryOver(engine, options);
  const copying: Codex = {
    ...engine,
    open: (request, signal) => engine.open({ ...request, ephemeral: true }, signal),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
  return libraryOver(copying, options);
}

async function homeOf(wiring: Wiring): Promise<string> {
  return wiring.config?.home ?? (await codexHome(wiring.env));
}

async function composeSession(request: OpenRequest, scope: SessionScope, wiring: Wiring): Promise<SessionDeps> {
  const cwd = request.settings?.cwd ?? process.cwd();
  const session = request.config === undefined ? {} : { session: request.config };
  const config = await loadConfig({ ...wiring.config, ...session, cwd, env: wiring.env });
  const permissions = await openApprovals(config, scope.signal);
  const models = await openModels(config, wiring);
  if (request.type === "new") request.identified?.(scope.id);
  let places: SessionPlaces | undefined;
  try {
    places = await openSessionPlaces(config, { request, wiring, signal: scope.signal });
    return await furnish({ config, permissions, models, places, request, scope, wiring });
  } catch (error) {
    await places?.close();
    abandonModels(models);
    throw error;
  }
}

type SessionPlaces = Awaited<ReturnType<typeof openSessionPlaces>>;

type Furnishing = {
  readonly config: Config;
  readonly permissions: SessionApprovals;
  readonly models: SessionModels;
  readonly places: SessionPlaces;
  readonly request: OpenRequest;
  readonly scope: SessionScope;
  readonly wiring: Wiring;
};

/** What a session needs once it is known by its id: loaded while the kernel is asked about the sandbox. */
async function loadFurniture() {
  return {
    ...(await import("./tools/builtin/source.js")),
    ...(await import("./agents/open.js")),
    ...(await import("./hooks/open.js")),
    ...(await import("./session-context.js")),
    ...(await import("./undo/open.js")),
  };
}

async function furnish(parts: Furnishing): Promise<SessionDeps> {
  const { builtinTools, openAgents, openHooks, createSessionContext, openSnapshots } = await loadFurniture();
  const { config, permissions, models, places, request, scope, wiring } = parts;
  const { place, host, proof, close } = places;
  const { env, clock } = wiring;
  const { environment } = place;
  const settings: TurnSettings = {
    ...config.settings,
    model: modelOf(config, request) ?? models.default_model,
    ...request.settings,
    cwd: place.cwd,
  };
  const terminals = new Processes(wiring.run.random);
  const commands = { place: () => proof, signal: scope.signal };
  const powers = shellPowers(place, config, commands);
  const is_here = place.vars === host.vars;
  await proof;
  const surroundings = { shell: place.shell.kind, user_home: os.homedir(), timezone: localTimeZone(env) };
  const around = { config, request, scope, settings, environment, user_home: surroundings.user_home, clock };
  const undo = await openSnapshots({ ...around, newId: () => uuidv7(clock.now()) });
  const own = [builtinTools(powers, terminals, toolsConfigOf(config)), embeddedTools(wiring.tools ?? [])];
  const tools = [...own, ...openAgents(config, scope, wiring), ...((await wiring.sources?.(scope)) ?? [])];
  const { isCopy } = wiring.run;
  const deps = {
    settings,
    environment,
    tools,
    terminals,
    user_shell: createUserShell(environment, powers),
    models: models.provider,
    ...permissions,
    hooks: openHooks(config, host.environment, is_here ? powers : shellPowers(host, config, commands)),
    context: createSessionContext({ ...surroundings, config, request, scope, files: environment.files }),
    prompt_history: createPromptHistory({ home: config.home, clock, lock: lockFile, ...config.history }),
    sinks: openSinks({ ...wiring, config, scope, cwd: settings.cwd, notifier: () => hostOf(env), isCopy }),
    ...undo,
    limits: config.limits,
    prices: config.pricing,
    warnings: [...configWarnings(config, settings.sandbox_policy), ...modelWarnings(settings, models.info(settings))],
    withheld_vars: withheldVars(varsFacts(place.vars, config, settings.sandbox_policy)),
    async [Symbol.asyncDispose]() {
      if ("snapshots" in undo) await undo.snapshots[Symbol.asyncDispose]();
      for (const source of tools) await source[Symbol.asyncDispose]();
      await close();
      models.finish();
    },
  };
  return withPorts(deps, wiring);
}

function modelOf({ settings, review_model }: Config, { source }: OpenRequest): string | undefined {
  const is_review = typeof source === "object" && "subagent" in source && source.subagent === "review";
  return is_review ? (review_model ?? settings.model) : settings.model;
}

function openModels(config: Config, wiring: Wiring): Promise<SessionModels> {
  if (wiring.models !== undefined) return Promise.resolve(givenModels(wiring.models));
  const credentials = wiring.credentials ?? credentialsOf(config, wiring);
  const { cwd } = config.settings;
  const tokens = createTokenCommands({ ...hostOf(wiring.env), cwd, clock: wiring.clock });
  return openSessionModels({ ...wiring, config, credentials, tokens, models_cache: createModelsCache(config.home) });
}

type Opening = { readonly request: OpenRequest; readonly wiring: Wiring; readonly signal: AbortSignal };

/** Where commands run. The kernel is asked whether it can be confined while the rest is made ready. */
async function openSessionPlaces(config: Config, { request, wiring, signal }: Opening) {
  const { sandbox_policy, cwd } = { ...config.settings, ...request.settings };
  const where = wiring.environment === undefined ? config.environment : ({ type: "direct" } as const);
  const options = {
    place: where,
    id: where.type,
    policy: sandbox_policy,
    cwd,
    env: wiring.env,
    helper: helperFor(sandbox_policy, where.type, wiring.helper),
    allow_missing: config.sandbox.allow_missing,
    hide: { ...config.sandbox, home: os.homedir(), codex_home: config.home },
  };
  const opened = await openPlaces(options, signal);
  const place = { ...opened.place, environment: wiring.environment ?? opened.place.environment };
  const proof = proveSandbox(place.environment, sandbox_policy, place.cwd);
  proof.catch(() => undefined);
  return { place, host: opened.host, proof, close: () => opened.close() };
}

/** This machine and our own variables, for programs that the user's configuration names. */
function hostOf(env: Env) {
  const host = selectEnvironment({ type: "direct", id: "host", allow_missing: [] });
  const vars = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  return { host, env: Object.fromEntries(vars) };
}

function credentialsOf(config: Config, { env, clock, originator }: Wiring): Credentials {
  const refresh_url = env["CODEX_REFRESH_TOKEN_URL_OVERRIDE"];
  const stored = createStoredCredentials({
    home: config.home,
    clock,
    lock: lockFile,
    headers: { originator },
    ...(refresh_url === undefined ? {} : { refresh_url }),
  });
  return readCredentials({ env, stored });
}

type Commands = {
  /** Where they run. */
  readonly place: () => Promise<Environment>;
  /** Of the session. */
  readonly signal: AbortSignal;
};

/** A login shell for each command is only started where the profile cannot be read once (exec.md §5.5). */
function readyFor(shell: Shell, { place, signal }: Commands, config: Config): ShellPowers["ready"] {
  if (config.features["shell_snapshot"] === false) return (request) => request;
  return createProfileShortcut(shell, place, signal);
}

function shellPowers(place: Place, config: Config, commands: Commands): ShellPowers {
  const vars = childVars(varsFacts(place.vars, config, { type: "danger-full-access" }));
  const confined_vars = childVars(varsFacts(place.vars, config, { type: "read-only" }));
  return {
    argv: (script, { shell, login }) =>
      shellArgv(shell === undefined ? place.shell : place.findShell(shell), script, { login }),
    vars: ({ confined, ...rest }) => ({ ...(confined ? confined_vars : vars), ...forcedVars(rest) }),
    ready: readyFor(place.shell, commands, config),
    follow,
    render: renderCaptured,
    exitCode,
  };
}

function varsFacts(env: Env, config: Config, policy: SandboxPolicy): ChildVarsOptions {
  const credentials = Object.values(config.providers).flatMap((provider) => provider.env_key ?? []);
  const secrets = isConfined(policy) ? "withheld" : "passed";
  return { inherited: env, policy: config.shell_environment, credentials, secrets };
}

/** Where nothing is confined by it, a machine without the helper still works. */
function helperFor(
  policy: SandboxPolicy,
  place: Config["environment"]["type"],
  explicit: string | undefined,
): string | undefined {
  try {
    return findHelper(explicit);
  } catch (error) {
    const is_needed = place === "direct" && isConfined(policy);
    if (is_needed || codeOf(error) !== "sandbox_unavailable") throw error;
    return undefined;
  }
}

/** A sandbox that cannot be set up is told before anything is asked of a model. */
async function proveSandbox(environment: Environment, policy: SandboxPolicy, cwd: string): Promise<Environment> {
  const resolved = await environment.resolve(policy, cwd);
  return policy.type === "danger-full-access" ? environment : environment.confine(resolved);
}
