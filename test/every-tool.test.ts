import { expect, it } from "vitest";
import { AGENT_CALLS, TOOL_CALLS } from "../packages/cli/test/tool-calls.js";
import { AgentPool } from "../packages/core/src/agents/pool.js";
import { agentTools } from "../packages/core/src/agents/source.js";
import { powers } from "../packages/core/test/support/engine.js";
import { testTurn } from "../packages/core/test/support/turn.js";
import { builtinTools } from "../packages/core/src/tools/builtin/source.js";

/** Carried out by the model's server: it sends an item, and gets no output. */
const HOSTED = ["web_search"];

it("every built-in tool, offered or not, is called in the turn of packages/cli/test/every-tool.test.ts", async () => {
  const everything = { shell: true, view_image: true, web_search: "live" } as const;
  await using source = builtinTools(powers, undefined, everything);
  const names = (await source.tools(testTurn())).map((tool) => tool.name);
  const called = [...new Set(TOOL_CALLS.map(([name]) => name)), ...HOSTED];
  expect(names.toSorted()).toEqual(called.toSorted());
});

it("so is every tool over sub-agents, in packages/cli/test/sub-agents.test.ts", async () => {
  await using source = agentTools(new AgentPool(testTurn().session), "offered");
  const names = (await source.tools(testTurn())).map((tool) => tool.name);
  expect(names.toSorted()).toEqual(AGENT_CALLS.map(([name]) => name).toSorted());
});
