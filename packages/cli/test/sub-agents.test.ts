import { mockProviderConfig, startResponsesServer, temporaryHome } from "@codex/test-support";
import { expect, it } from "vitest";
import { answerAgents } from "./agent-calls.js";
import { codex } from "./codex.js";
import { AGENT_CALLS } from "./tool-calls.js";

it("every call to a sub-agent is answered, and told as JSON lines and in words", async () => {
  await using server = await startResponsesServer();
  await using home = await temporaryHome({ config: mockProviderConfig(server.url, "some-model") });
  const run = { cwd: home.path, env: { CODEX_HOME: home.path } };
  const argv = ["exec", "-c", "features.multi_agent=true", "--skip-git-repo-check", "--json", "share the work"];
  server.route("POST /v1/responses", answerAgents());
  const { code, stdout } = await codex(argv, run);
  expect(code).toBe(0);
  for (const [name, , expected] of AGENT_CALLS) expect(server.outputOf(name)).toMatch(expected);
  const told = stdout.split("\n").filter((line) => line.includes('"collab_tool_call"'));
  const calls = told.map((line) => /"type":"(item\.\w+)".*"tool":"(\w+)".*"status":"(\w+)"\}\}$/.exec(line)?.slice(1));
  expect(calls).toEqual(
    ["spawn_agent", "wait", "send_input", "close_agent"].flatMap((tool) => [
      ["item.started", tool, "in_progress"],
      ["item.completed", tool, "completed"],
    ]),
  );
  server.route("POST /v1/responses", answerAgents());
  const { stderr } = await codex(
    argv.filter((word) => word !== "--json"),
    run,
  );
  const lines = stderr.split("\n").filter((line) => line.startsWith("collab: "));
  expect(lines).toEqual(["collab: SpawnAgent", "collab: Wait", "collab: SendInput", "collab: CloseAgent"]);
  expect(stderr).toMatch(/^ {2}[-0-9a-f]{36} completed: 110 tokens, price unknown$/m);
});
