import {
  ev,
  frame,
  manualClock,
  mockProviderConfig,
  startResponsesServer,
  temporaryHome,
  workspace,
} from "@codex/test-support";
import type { ReceivedRequest, Reply, SseEvent, TemporaryFolder } from "@codex/test-support";
import type { Clock, EventMsg, ResponseItem } from "@codex/protocol";
import { createCodex } from "../../src/compose.js";

/** The turn every fault is tried on: reasoning, a message in multi-byte deltas, two parallel calls and a patch. */
export const PATCH = "*** Begin Patch\n*** Update File: count.txt\n@@\n start\n+one\n*** End Patch\n";
const ITEMS: readonly SseEvent[] = [
  ev.reasoning("Zwei Zähler, dann der Flicken 🧵"),
  ev.message("Größer 🙂 日本語"),
  ev.call("call_a", "exec_command", { cmd: "echo a >> a.log", login: false }),
  ev.call("call_b", "exec_command", { cmd: "echo b >> b.log", login: false }),
  ev.customCall("call_p", "apply_patch", PATCH),
];

export const STREAM: readonly SseEvent[] = [
  ev.created(),
  ev.started({ type: "reasoning", id: "rs_1" }),
  ev.reasoningDelta("Zwei Zähler, "),
  ev.reasoningDelta("dann der Flicken 🧵"),
  ...ITEMS.slice(0, 1),
  ev.messageStarted(),
  ...["Grö", "ßer ", "🙂 ", "日本", "語"].map((delta) => ev.textDelta(delta)),
  ...ITEMS.slice(1, 4),
  ev.customInputDelta("*** Begin ", "ctc_call_p"),
  ...ITEMS.slice(4),
  ev.completed(),
];
export const LAST: readonly SseEvent[] = [ev.message("fertig ✓", { id: "msg_2" }), ev.completed({ id: "resp_2" })];
export const STREAM_BYTES = Buffer.byteLength(STREAM.map(frame).join(""));

/** How a server behaves after a break. */
export type Server = (...faults: readonly Reply[]) => { readonly replies: readonly Reply[]; readonly endless?: Reply };

/** Starts over: the same items under the same ids. */
export const repeating: Server = (...faults) => ({ replies: [...faults, STREAM, LAST] });

/** Goes on with what the request does not hold yet, as a model does. */
export const continuing: Server = (...faults) => ({
  replies: faults,
  endless: { type: "decided", decide: (request) => whatIsMissing(request) },
});

function whatIsMissing(request: ReceivedRequest): Reply {
  const known = JSON.stringify(request.body);
  const missing = ITEMS.filter((event) => !known.includes(nameOf(event)));
  return missing.length === 0 ? LAST : [ev.created("resp_1b"), ...missing, ev.completed({ id: "resp_1b" })];
}

function nameOf({ item }: SseEvent): string {
  const { call_id, content, summary } = Object(item);
  return JSON.stringify(call_id ?? (content ?? summary)[0].text);
}

export type FaultRun = {
  /** What the model will be sent next, without ids; outputs by call, without what differs from run to run. */
  readonly said: readonly unknown[];
  readonly outputs: Readonly<Record<string, readonly string[]>>;
  /** How often each command ran, and the patch was applied. */
  readonly effects: readonly [a: number, b: number, patch: number];
  readonly notices: readonly string[];
  readonly last_message: string | null;
  /** Of the turn. */
  readonly error: string | undefined;
  readonly requests: number;
};

export type FaultOptions = {
  readonly clock?: Clock;
  /** More of the provider's table in config.toml. */
  readonly provider?: string;
  /** All of config.toml, for the address of the server. */
  readonly config?: (url: string) => string;
  /** More of the environment, for the address of the server. */
  readonly env?: (url: string) => Readonly<Record<string, string>>;
};

const ONCE: FaultRun["effects"] = [1, 1, 1];

/** What a turn without a fault leaves. */
export const UNHARMED = { effects: ONCE, error: undefined, last_message: "fertig ✓" };

/** One turn of the whole engine, with real commands and files, against a server with these answers. */
export async function faultRun(script: ReturnType<Server>, options: FaultOptions = {}): Promise<FaultRun> {
  await using server = await startResponsesServer(...script.replies);
  if (script.endless !== undefined) server.route("POST /v1/responses", script.endless);
  await using home = await temporaryHome({ config: configOf(server.url, options) });
  await using project = await workspace({ files: { "count.txt": "start\n" } });
  await using codex = createCodex({
    clock: options.clock ?? manualClock({ skip_up_to: 60_000 }),
    env: { PATH: process.env["PATH"], HOME: home.path, CODEX_HOME: home.path, ...options.env?.(server.url) },
    config: { home: home.path, typed: { sandbox_mode: "danger-full-access", approval_policy: "never" } },
  });
  const session = await codex.open({ type: "new", settings: { cwd: project.path }, ephemeral: true });
  session.submit({ type: "user_input", items: [{ type: "text", text: "go" }] });
  const seen: EventMsg[] = [];
  for await (const { msg } of session.events) {
    seen.push(msg);
    if (msg.type === "task_complete") break;
  }
  return { ...(await summarize(seen, project)), requests: server.requests.length };
}

function configOf(url: string, { config = mockProviderConfig, provider = "" }: FaultOptions): string {
  return config(url) + provider;
}

async function summarize(seen: readonly EventMsg[], project: TemporaryFolder): Promise<Omit<FaultRun, "requests">> {
  const items = seen.flatMap((message) => (message.type === "raw_response_item" ? [message.item] : []));
  const end = seen.find((message) => message.type === "task_complete");
  const count = async (file: string, line: string): Promise<number> =>
    ((await project.read(file)) ?? "").split("\n").filter((text) => text === line).length;
  return {
    said: items.filter((item) => !isOutput(item) && !isOurs(item)).map(withoutId),
    outputs: Object.fromEntries(items.filter(isOutput).map((item) => [item.call_id, outputsOf(items, item.call_id)])),
    effects: [await count("a.log", "a"), await count("b.log", "b"), await count("count.txt", "one")],
    notices: seen.flatMap((message) => (message.type === "stream_error" ? [message.message] : [])),
    last_message: end?.last_agent_message ?? null,
    error: end?.error?.message,
  };
}

type Output = Extract<ResponseItem, { output: unknown }>;

function isOutput(item: ResponseItem): item is Output {
  return "output" in item;
}

function isOurs(item: ResponseItem): boolean {
  return item.type === "message" && item.role !== "assistant";
}

function withoutId({ id: _, ...item }: ResponseItem): unknown {
  return item;
}

function outputsOf(items: readonly ResponseItem[], call_id: string): string[] {
  const texts = items.flatMap((item) => (isOutput(item) && item.call_id === call_id ? [String(item.output)] : []));
  return texts.map((text) => text.replace(/Chunk ID: \w+|Wall time: [\d.]+/g, "…"));
}
