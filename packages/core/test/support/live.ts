import type { EventMsg, ReviewDecision, SessionHandle } from "@codex/protocol";
import type { SseEvent, TemporaryFolder } from "@codex/test-support";
import { ev, mockProviderConfig, startResponsesServer, temporaryFolder, temporaryHome } from "@codex/test-support";
import { createCodex } from "../../src/compose.js";
import type { EmbeddedTool } from "../../src/tools/embedded.js";
import { expectDescribed } from "./described.js";

export type Question = Extract<EventMsg, { type: "exec_approval_request" | "apply_patch_approval_request" }>;

export type LiveOptions = {
  /** TOML value of `approval_policy`. */
  readonly approval: string;
  readonly sandbox: "read-only" | "workspace-write" | "danger-full-access";
  readonly network?: true;
  /** Text of `rules/test.rules`. */
  readonly rules?: string;
  /** More top-level keys of `config.toml`. */
  readonly config?: string;
  readonly model?: string;
  readonly tools?: readonly EmbeddedTool[];
  /** Where the model's answers are recorded. */
  readonly record?: string;
};

export type Done = {
  /** What the model read. */
  readonly output: string;
  /** Questions of this turn, in order. */
  readonly questions: readonly Question[];
  readonly events: readonly EventMsg[];
};

/** A session of the real engine: real configuration, rules, sandbox and files; only the model is a script. */
export type Live = AsyncDisposable & {
  readonly session: SessionHandle;
  readonly home: TemporaryFolder;
  readonly workspace: TemporaryFolder;
  /** A folder that no sandbox lets be written. */
  readonly outside: TemporaryFolder;
  /** One turn with these calls, made together; every question gets the answer. */
  call(
    call: SseEvent | readonly SseEvent[],
    answer?: ReviewDecision | ((question: Question) => ReviewDecision),
  ): Promise<Done>;
  exec(args: object, answer?: ReviewDecision | ((question: Question) => ReviewDecision)): Promise<Done>;
  patch(text: string, answer?: ReviewDecision): Promise<Done>;
};

const NARROW = "[sandbox_workspace_write]\nexclude_slash_tmp = true\nexclude_tmpdir_env_var = true\n";

export async function liveSession(options: LiveOptions): Promise<Live> {
  const server = await startResponsesServer();
  const home = await temporaryHome({ config: configText(options, server.url) });
  const workspace = await temporaryFolder("codex-live-");
  const outside = await temporaryFolder("codex-outside-");
  if (options.rules !== undefined) await home.write("rules/test.rules", options.rules);
  const { PATH } = process.env;
  const env = { PATH, HOME: home.path, CODEX_HOME: home.path, CODEX_API_KEY: "k" };
  const { record, tools = [] } = options;
  const codex = createCodex({ env, tools, ...(record === undefined ? {} : { record }) });
  const close = async (): Promise<void> => {
    for (const each of [codex, server, home, workspace, outside]) await each[Symbol.asyncDispose]();
  };
  const opening = codex.open({ type: "new", settings: { cwd: workspace.path }, ephemeral: true });
  const session = await opening.catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const events = session.events[Symbol.asyncIterator]();
  let count = 0;
  const call: Live["call"] = async (calls, answer = "approved") => {
    server.answer(
      [ev.created(), ...("type" in calls ? [calls] : calls), ev.completed()],
      [ev.created(), ev.message("done"), ev.completed()],
    );
    session.submit({ type: "user_input", items: [{ type: "text", text: "go" }] });
    return watchTurn(session, events, answer);
  };
  const nextId = (): string => `call_${(count += 1)}`;
  return {
    session,
    home,
    workspace,
    outside,
    call,
    exec: (args, answer) => call(ev.call(nextId(), "exec_command", args), answer),
    patch: (text, answer) => call(ev.customCall(nextId(), "apply_patch", text), answer),
    [Symbol.asyncDispose]: close,
  };
}

async function watchTurn(
  session: SessionHandle,
  events: AsyncIterator<{ readonly msg: EventMsg }>,
  answer: ReviewDecision | ((question: Question) => ReviewDecision),
): Promise<Done> {
  const seen: EventMsg[] = [];
  const questions: Question[] = [];
  for (;;) {
    const next = await events.next();
    if (next.done === true) throw new Error("the session ended");
    const { msg } = next.value;
    expectDescribed("EventMsg", msg);
    seen.push(msg);
    if (msg.type === "exec_approval_request" || msg.type === "apply_patch_approval_request") {
      questions.push(msg);
      const type = msg.type === "exec_approval_request" ? "exec_approval" : "patch_approval";
      const decision = typeof answer === "function" ? answer(msg) : answer;
      session.submit({ type, id: msg.call_id, decision });
    }
    if (msg.type !== "task_complete" && msg.type !== "turn_aborted") continue;
    if (msg.type === "task_complete" && msg.error !== undefined) throw new Error(msg.error.message);
    return { output: lastOutput(seen), questions, events: seen };
  }
}

function lastOutput(messages: readonly EventMsg[]): string {
  const outputs = messages.flatMap((message) => {
    if (message.type !== "raw_response_item" || !("output" in message.item)) return [];
    return [typeof message.item.output === "string" ? message.item.output : JSON.stringify(message.item.output)];
  });
  return outputs.at(-1) ?? "";
}

function configText(options: LiveOptions, url: string): string {
  const network = options.network === true ? "network_access = true\n" : "";
  return [
    `approval_policy = ${options.approval}`,
    `sandbox_mode = "${options.sandbox}"`,
    options.config ?? "",
    mockProviderConfig(url, options.model ?? "gpt-5.5"),
    `${NARROW}${network}`,
  ].join("\n");
}
