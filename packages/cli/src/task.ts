import type { CodexOptions, openReview } from "@codex/core";
import { openLastMessageFile, readOutputSchema, runExec, ThreadLine, usesColour } from "@codex/headless";
import type { LastMessageFile, Outcome, Writer } from "@codex/headless";
import type { TypedOverrides } from "@codex/config";
import type {
  Codex,
  OpenRequest,
  ReviewTarget,
  RunLimits,
  SandboxMode,
  SessionHandle,
  SessionId,
} from "@codex/protocol";
import { CodexError, messageOf } from "@codex/common";
import type { ExecFlags } from "./commands/exec-flags.js";
import { configOptions, workingDirectory } from "./config-flags.js";
import type { localModel } from "./local-model.js";
import { checkedPictures } from "./pictures.js";
import { readPrompt, type PromptRequest } from "./prompt.js";
import { isInGitRepository } from "./repository.js";
import type { StandardInput } from "./standard-input.js";

/** The process around a run, so that tests can bring their own. */
export type World = {
  readonly createCodex: (options: CodexOptions) => Codex;
  readonly input: StandardInput;
  readonly stdout: Writer;
  readonly stderr: Writer;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly version: string;
};

/** A run, and the session that it begins with. */
export type Task = {
  readonly flags: ExecFlags;
  /** Default: a new session. */
  start?(codex: Codex, cwd: string): Promise<Start>;
  /** The task is a review: of this, or of what the prompt says. */
  readonly review?: ReviewTask;
};

type ReviewTask = {
  readonly target: ReviewTarget | "prompt";
  /** Makes the session that reviews. */
  readonly open: typeof openReview;
};

type Start = { readonly type: "new" } | { readonly type: "resume" | "fork"; readonly id: SessionId };

/**
 * From flags to the end of one turn. Whatever is wrong before the first request throws, with one line that says what
 * to do, and leaves nothing behind. The signal interrupts.
 */
export async function runTask(task: Task, world: World, signal: AbortSignal): Promise<Outcome> {
  const { flags } = task;
  const cwd = await workingDirectory(world.cwd, flags.cd);
  await demandRepository(cwd, flags);
  const images = await checkedPictures(flags.image, world.cwd);
  const outputSchema = flags.outputSchema === undefined ? undefined : await readOutputSchema(flags.outputSchema);
  const note = (text: string) => void world.stderr.write(text, () => undefined);
  const prompting = readInput(task, { input: world.input, note }, signal);
  // The session is opened while stdin is read; a failure to read is told after that.
  prompting.catch(() => undefined);
  const local = flags.oss === true ? await openLocalModel(flags, { ...world, cwd, note }, signal) : {};
  await using codex = world.createCodex(codexOptions(flags, world, local));
  const ephemeral = flags.ephemeral === true;
  const start = (await task.start?.(codex, cwd)) ?? ({ type: "new" } as const);
  const threadLine = flags.json === true ? new ThreadLine(world.stdout, prompting) : undefined;
  const identified = threadLine === undefined ? {} : { identified: (id: SessionId) => threadLine.tell(id) };
  const run_limits = runLimits(flags);
  const settings = { cwd, ...namedModel(task, local) };
  const request = { ...start, ...identified, settings, run_limits, source: "exec", ephemeral } as const;
  const begun = begin(codex, request, { prompting, task }, signal).catch(async (error: unknown) => {
    // an interrupt says nothing more (live.md §1.6)
    if (!signal.aborted) await threadLine?.fail(messageOf(error));
    throw error;
  });
  const { prompt, ...held } = await begun;
  await using session = held.session;
  await using lastMessage = held.lastMessage;
  const { stdout, stderr, env, version } = world;
  return await runExec(
    {
      session,
      prompt,
      images,
      outputSchema,
      backgroundWaitMs: flags.backgroundWait * 1000,
      json: flags.json === true,
      version,
      colour: usesColour(flags.color, stderr, env),
      stdout,
      stderr,
      ...(threadLine === undefined ? {} : { threadLine }),
      ...(lastMessage === undefined ? {} : { lastMessage }),
    },
    signal,
  );
}

/** The configuration may have another model for reviews; one that is named for this review goes before it. */
function namedModel({ flags, review }: Task, local: { readonly model?: string }): { readonly model?: string } {
  const model = local.model ?? flags.model;
  return review === undefined || model === undefined ? {} : { model };
}

function readInput(task: Task, from: Pick<PromptRequest, "input" | "note">, signal: AbortSignal): Promise<string> {
  const { flags, start, review } = task;
  if (review !== undefined && review.target !== "prompt") return Promise.resolve("");
  const piped = start === undefined && review === undefined ? "added" : "ignored";
  return readPrompt({ ...from, argument: flags.prompt, piped }, signal);
}

type Given = { readonly prompting: Promise<string>; readonly task: Task };

/** The session, once everything that the run needs is there. */
async function begin(codex: Codex, request: OpenRequest, { prompting, task }: Given, signal: AbortSignal) {
  const { session, prompt } = await openSession(codex, request, { prompting, task }, signal);
  try {
    return { session, prompt: await prompt, lastMessage: await lastMessageFile(task.flags.outputLastMessage) };
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

type Opened = { readonly session: SessionHandle; readonly prompt: string | Promise<string> };

async function openSession(
  codex: Codex,
  request: OpenRequest,
  { prompting, task: { review } }: Given,
  signal: AbortSignal,
): Promise<Opened> {
  if (review === undefined) return { session: await codex.open(request, signal), prompt: prompting };
  const target =
    review.target === "prompt" ? { type: "custom" as const, instructions: await prompting } : review.target;
  return review.open(codex, target, request, signal);
}

/** Loaded by the runs that ask for it. */
const openLocalModel = async (...request: Parameters<typeof localModel>) =>
  (await import("./local-model.js")).localModel(...request);

async function demandRepository(cwd: string, flags: ExecFlags): Promise<void> {
  if (flags.skipGitRepoCheck === true || flags.dangerouslyBypassApprovalsAndSandbox === true) return;
  if (await isInGitRepository(cwd)) return;
  const problem = "Not inside a trusted directory and --skip-git-repo-check was not specified.";
  const advice = "Work inside a Git repository, so that changes can be seen and undone, or add that flag";
  throw new CodexError("bad_request", `${problem} ${advice}: ${cwd}`);
}

async function lastMessageFile(path: string | undefined): Promise<LastMessageFile | undefined> {
  return path === undefined ? undefined : openLastMessageFile(path);
}

/** Nobody can be asked, so the approval policy is `never`, whatever the configuration says (core.md §6.1). */
export function codexOptions(
  flags: ExecFlags,
  world: Pick<World, "env" | "version">,
  local: Pick<TypedOverrides, "model" | "model_provider"> = {},
): CodexOptions {
  const shared = configOptions(flags);
  const overrides = [...(flags.search === true ? ['web_search="live"'] : []), ...(shared.overrides ?? [])];
  return {
    env: world.env,
    config: {
      ...shared,
      overrides,
      typed: { ...typedOverrides(flags), ...local },
    },
    originator: world.env["CODEX_INTERNAL_ORIGINATOR_OVERRIDE"] ?? "codex_exec",
    version: world.version,
    ...(flags.replay === undefined ? {} : { replay: flags.replay }),
    ...(flags.from === undefined ? {} : { replay_from: flags.from }),
    ...(flags.record === undefined ? {} : { record: flags.record }),
  };
}

function typedOverrides(flags: ExecFlags): TypedOverrides {
  const { model } = flags;
  const sandbox_mode = sandboxMode(flags);
  return {
    approval_policy: "never",
    add_dirs: flags.addDir,
    ...(model === undefined ? {} : { model }),
    ...(sandbox_mode === undefined ? {} : { sandbox_mode }),
  };
}

function runLimits({ maxTokens, maxUsd, maxTurns }: ExecFlags): RunLimits {
  return {
    ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
    ...(maxUsd === undefined ? {} : { max_usd: maxUsd }),
    ...(maxTurns === undefined ? {} : { max_turns: maxTurns }),
  };
}

function sandboxMode(flags: ExecFlags): SandboxMode | undefined {
  if (flags.dangerouslyBypassApprovalsAndSandbox === true) return "danger-full-access";
  return flags.fullAuto === true ? "workspace-write" : flags.sandbox;
}
