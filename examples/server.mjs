// A chat server, a session for each user: node examples/server.mjs, then curl -Nd "What is here?" localhost:8080/ada
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { createCodex } from "@codex/core";

const codex = createCodex();
/** @type {Map<string, Promise<import("@codex/core").CodexSession>>} */
const sessions = new Map();

/** @param {string} user */
function sessionOf(user) {
  const session = sessions.get(user) ?? codex.start({ cwd: process.cwd(), sandboxMode: "read-only" });
  session.catch(() => sessions.delete(user)); // the next request tries again
  sessions.set(user, session);
  return session;
}

export const server = createServer(async (request, response) => {
  const left = new AbortController();
  response.on("close", () => left.abort(new Error("the client left"))); // stops the turn and its commands
  try {
    const session = await sessionOf(request.url ?? "/");
    const { events } = await session.runStreamed(await text(request), { signal: left.signal });
    for await (const event of events) if (event.type === "agent_message_content_delta") response.write(event.delta);
    response.end("\n");
  } catch (error) {
    response.end(`${error instanceof Error ? error.message : error}\n`);
  }
}).listen(Number(process.argv[2] ?? 8080), "127.0.0.1");

export async function stop() {
  server.close();
  await codex[Symbol.asyncDispose]();
}
process.once("SIGINT", stop);
