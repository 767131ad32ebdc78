import { createServer } from "node:http";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { ev } from "@codex/test-support";
import type { SseEvent } from "@codex/test-support";

/** A model with a list of steps. It reads the history, as models do, and looks before it does a thing twice. */
export type CarefulModel = AsyncDisposable & { readonly url: string };

type Item = { readonly type?: string; readonly call_id?: string; readonly output?: string };

/** Odd steps append a line to the file of effects, even ones add a file to the project by a patch. */
export async function careful(steps: number, effects: string): Promise<CarefulModel> {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const events = answer(JSON.parse(body).input, steps, effects);
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(
        [...events, ev.completed()].map((each) => `event: ${each.type}\ndata: ${JSON.stringify(each)}\n\n`).join(""),
      );
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function answer(items: readonly Item[], steps: number, effects: string): readonly SseEvent[] {
  for (let step = 1; step <= steps; step += 1) {
    const outputs = items.filter((item) => item.output !== undefined && item.call_id?.startsWith(`s${step}.`));
    if (outputs.some(({ output }) => output?.includes(doneText(step)))) continue;
    const attempt = outputs.length;
    if (outputs.at(-1)?.output?.startsWith("aborted") === true) return [lookFor(step, attempt, effects)];
    return [act(step, attempt, effects)];
  }
  return [ev.message("all steps are done")];
}

export function doneText(step: number): string {
  return step % 2 === 1 ? `step ${step} done` : `A f${step}.txt`;
}

function act(step: number, attempt: number, effects: string): SseEvent {
  const call_id = `s${step}.${attempt}`;
  if (step % 2 === 1) {
    return ev.call(call_id, "exec_command", {
      cmd: `echo ${step} >> ${effects}; echo step ${step} done`,
      login: false,
    });
  }
  const patch = `*** Begin Patch\n*** Add File: f${step}.txt\n+content ${step}\n*** End Patch\n`;
  return ev.customCall(call_id, "apply_patch", patch);
}

/** Says what a finished step would have said, when it was finished. */
function lookFor(step: number, attempt: number, effects: string): SseEvent {
  const test = step % 2 === 1 ? `grep -qx ${step} ${effects}` : `test -e f${step}.txt`;
  const look = `if ${test} 2>/dev/null; then echo '${doneText(step)}'; else echo not yet; fi`;
  return ev.call(`s${step}.${attempt}`, "exec_command", { cmd: look, login: false });
}
