// A tool of your own: node examples/custom-tool.mjs "How many users are there?"
import { createCodex, defineTool } from "@codex/core";
import * as z from "zod";

const users = ["Ada", "Grace", "Linus"];

const findUsers = defineTool({
  name: "find_users",
  description: "Finds users of the application by a part of their name; an empty text finds all.",
  parameters: z.object({ name: z.string().describe("Part of the name.") }),
  // what fits no schema never comes here; what is thrown here is told to the model
  run: async ({ name }) => JSON.stringify(users.filter((user) => user.toLowerCase().includes(name.toLowerCase()))),
});

const codex = createCodex({ tools: [findUsers] });
try {
  const session = await codex.start({ ephemeral: true });
  const turn = await session.run(process.argv[2] ?? "Which users have an a in their name?");
  process.stdout.write(`${turn.finalResponse}\n`);
} finally {
  await codex[Symbol.asyncDispose]();
}
