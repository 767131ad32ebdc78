import type { Environment, OutputChunk, Process } from "@codex/protocol";
import { Queue } from "@codex/common";
import type { Budget } from "./budget.js";

/** A place where commands start, and print, only as far as the budget goes; so does every narrower one made of it. */
export function budgetedEnvironment(inner: Environment, budget: Budget): Environment {
  return {
    id: inner.id,
    get files() {
      return inner.files;
    },
    exec(request, signal) {
      const permit = budget.startProcess();
      if ("problem" in permit) return refusedProcess(permit.problem);
      const process = inner.exec(request, signal);
      void process.exit.then(() => permit[Symbol.dispose]());
      // counting costs a copy of every byte
      return budget.limits_output ? countedProcess(process, budget) : process;
    },
    resolve: (policy, policy_cwd) => inner.resolve(policy, policy_cwd),
    confine: async (policy) => budgetedEnvironment(await inner.confine(policy), budget),
    denial: (exit, captured) => inner.denial(exit, captured),
  };
}

function countedProcess(inner: Process, budget: Budget): Process {
  return {
    pid: inner.pid,
    output: countedOutput(inner, budget),
    exit: inner.exit,
    write: (data) => inner.write(data),
    closeInput: () => inner.closeInput(),
    resize: (cols, rows) => inner.resize(cols, rows),
    kill: (signal) => inner.kill(signal),
  };
}

/** Beyond the limit the command is killed; what it still prints is read and dropped, and a line says so. */
async function* countedOutput(process: Process, budget: Budget): AsyncGenerator<OutputChunk, void, undefined> {
  let dropped = 0;
  for await (const chunk of process.output) {
    if (dropped === 0 && budget.print(chunk.data.byteLength)) {
      yield chunk;
      continue;
    }
    if (dropped === 0) process.kill("SIGKILL");
    dropped += chunk.data.byteLength;
  }
  if (dropped === 0) return;
  const text = `\n[killed: the limit max_output_bytes is reached; ${dropped} bytes are not shown]\n`;
  yield { stream: "stderr", data: Buffer.from(text) };
}

function refusedProcess(message: string): Process {
  const output = new Queue<OutputChunk>();
  output.close();
  return {
    pid: undefined,
    output,
    exit: Promise.resolve({ type: "failed_to_start", code: "not_executable", message }),
    write: () => Promise.resolve(),
    closeInput: () => undefined,
    resize: () => undefined,
    kill: () => undefined,
  };
}
