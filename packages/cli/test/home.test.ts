import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ev, startResponsesServer, temporaryHome, workspace } from "@codex/test-support";
import type { ResponsesServer, TemporaryFolder } from "@codex/test-support";
import { codex } from "./codex.js";

const ID = "0198c0de-0000-7000-8000-000000000001";
const SESSION = `sessions/2026/11/22/rollout-2026-11-22T10-00-00-${ID}.jsonl`;

let server: ResponsesServer;
let home: TemporaryFolder;
let project: TemporaryFolder;

/** Keys of several programs and versions, as people keep them. */
function configuration(): string {
  return [
    `# mine`,
    `model = "gpt-5.5" # pinned`,
    `model_provider = "mock"`,
    `developer_instructions = "dev words"`,
    ``,
    `[model_providers.mock]`,
    `name = "mock"`,
    `base_url = "${server.url}"`,
    `wire_api = "responses"`,
    ``,
    `[features]`,
    `multi_agent = false`,
    ``,
    `[tui]`,
    `notifications = ["agent-turn-complete"]`,
    `status_line = ["model"]`,
    ``,
    `[notice]`,
    `hide_full_access_warning = true`,
    ``,
    `[mcp_servers.docs]`,
    `command = "docs-server"`,
    `enabled = false`,
    ``,
    `[projects."${project.path}"]`,
    `trust_level = "trusted"`,
    ``,
  ].join("\n");
}

/** A session in the paginated form of the newest versions (rollout-live.md §3): every line has its ordinal. */
function session(): string {
  const user = {
    type: "message",
    role: "user",
    id: "msg_1",
    content: [{ type: "input_text", text: "earlier prompt" }],
  };
  const answer = {
    type: "message",
    role: "assistant",
    id: "msg_2",
    content: [{ type: "output_text", text: "earlier answer" }],
  };
  const meta = {
    ...{ id: ID, session_id: ID, timestamp: "2026-11-22T10:00:00.000Z", cwd: project.path, originator: "codex_exec" },
    ...{ cli_version: "0.169.0", source: "exec", model_provider: "mock", history_mode: "paginated" },
  };
  const lines = [
    { type: "session_meta", payload: meta },
    { type: "event_msg", payload: { type: "task_started", turn_id: "t1", model_context_window: null } },
    { type: "response_item", payload: user, metadata: { kind: "user.text" } },
    { type: "response_item", payload: answer },
    { type: "event_msg", payload: { type: "something_new", of: "a later version" } },
    { type: "event_msg", payload: { type: "task_complete", turn_id: "t1", last_agent_message: "earlier answer" } },
  ];
  return lines
    .map((line, ordinal) => `${JSON.stringify({ timestamp: "2026-11-22T10:00:00.000Z", ordinal, ...line })}\n`)
    .join("");
}

beforeEach(async () => {
  server = await startResponsesServer();
  project = await workspace({ git: true, files: { "AGENTS.md": "project words\n" } });
  home = await temporaryHome({ config: "" });
  await home.write("config.toml", configuration());
  await home.write("rules/default.rules", `prefix_rule(pattern = ["git", "push"], decision = "forbidden")\n`);
  await home.write("AGENTS.md", "global words\n");
  await home.write(SESSION, session());
});

afterEach(async () => {
  await Promise.all([home[Symbol.asyncDispose](), project[Symbol.asyncDispose]()]);
  await server[Symbol.asyncDispose]();
});

describe("a CODEX_HOME that the real Codex made", () => {
  it("is used as it is: nothing is rewritten, and its session goes on in its own form", async () => {
    const files = ["config.toml", "rules/default.rules", "AGENTS.md"];
    const before = await Promise.all(files.map((file) => home.read(file)));
    server.answer(
      [ev.call("c1", "exec_command", { cmd: "git push origin" }), ev.completed()],
      [ev.message("later answer"), ev.completed()],
    );
    const argv = ["exec", "resume", "--json", ID, "later prompt"];
    const ran = await codex(argv, { cwd: project.path, env: { CODEX_HOME: home.path } });
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: "" });
    expect(ran.stdout).toContain(`"status":"declined"`);
    const request = JSON.stringify(server.requests[0]?.body);
    for (const words of [
      "earlier prompt",
      "earlier answer",
      "later prompt",
      "dev words",
      "global words",
      "project words",
    ]) {
      expect(request.split(words), words).toHaveLength(2);
    }
    expect(await Promise.all(files.map((file) => home.read(file)))).toEqual(before);
    const after = (await home.read(SESSION)) ?? "";
    expect(after.startsWith(session())).toBe(true);
    const ordinals = after
      .trimEnd()
      .split("\n")
      .map((line): unknown => JSON.parse(line))
      .map((line) => (typeof line === "object" && line !== null ? Reflect.get(line, "ordinal") : undefined));
    expect(ordinals).toEqual(ordinals.map((_, index) => index));
  });
});
