import type { Environment, Event, EventSink, SessionId } from "@codex/protocol";

export type NotifyParts = {
  /** Program and first arguments; the message is one more. */
  readonly argv: readonly string[];
  readonly session: SessionId;
  readonly cwd: string;
  /** Whose session it is: the originator. */
  readonly client: string;
  /** This machine, unconfined. */
  readonly host: Environment;
  readonly env: Readonly<Record<string, string>>;
};

/** Tells a program of the user's about every turn that ended well; whatever becomes of it is its own affair. */
export function notifySink(parts: NotifyParts): EventSink {
  const typed = new Map<string, string[]>();
  // the program may outlive the session
  const never = new AbortController().signal;
  return {
    write({ id, msg }: Event) {
      if (msg.type === "task_started") typed.set(id, []);
      if (msg.type === "user_message") typed.get(id)?.push(msg.message);
      if (msg.type === "turn_aborted") typed.delete(id);
      if (msg.type !== "task_complete") return;
      const inputs = typed.get(id) ?? [];
      typed.delete(id);
      // a turn without input is no request of the user's: a summary, for one
      if (msg.error !== undefined || inputs.length === 0) return;
      const message = {
        type: "agent-turn-complete",
        "thread-id": parts.session,
        "turn-id": id,
        cwd: parts.cwd,
        client: parts.client,
        "input-messages": inputs,
        "last-assistant-message": msg.last_agent_message,
      };
      const argv = [...parts.argv, JSON.stringify(message)];
      const { exit, output } = parts.host.exec({ argv, cwd: parts.cwd, env: parts.env, stdin: "closed" }, never);
      void Promise.allSettled([exit, drain(output)]);
    },
    close: () => Promise.resolve(),
  };
}

/** A program that prints must not wait for a reader. */
async function drain(output: AsyncIterable<unknown>): Promise<void> {
  for await (const _chunk of output);
}
