import { canonicalCommand } from "@codex/execpolicy";
import type { Action, Consents } from "@codex/protocol";
import { targetOf } from "./network.js";
import { touchedPaths } from "./patch.js";
import type { RuleBook } from "./rule-book.js";

/** Commands remembered for counting what a rule would have matched. */
const EARLIER_LIMIT = 1000;

export type SessionConsents = Consents & {
  /** Argument vectors, the newest last. */
  readonly earlier: readonly (readonly string[])[];
};

/** What was allowed in this session (exec.md §3.6) and what ran in it; prefixes and hosts go to the rule book. */
export function createConsents(book: RuleBook): SessionConsents {
  const earlier: (readonly string[])[] = [];
  const covered = new Set<string>();
  return {
    earlier,
    note(action) {
      if (action.type !== "exec") return;
      if (earlier.length >= EARLIER_LIMIT) earlier.shift();
      earlier.push(action.argv);
    },
    cover(action) {
      const keys = keysOf(action);
      return keys.length > 0 && keys.every((key) => covered.has(key));
    },
    allowForSession(action) {
      for (const key of keysOf(action)) covered.add(key);
    },
    allowPrefix: (pattern, signal) => book.allowPrefix(pattern, signal),
    ruleHost: (target, action, signal) => book.ruleHost(target, action, signal),
  };
}

/** One key per thing: a command however it is wrapped, each file of a patch, a tool of a server, a host. */
function keysOf(action: Action): readonly string[] {
  switch (action.type) {
    case "exec": {
      const { environment_id, argv, cwd, permissions, tty } = action;
      return [JSON.stringify(["exec", environment_id, canonicalCommand(argv), cwd, permissions, tty])];
    }
    case "patch":
      return touchedPaths(action).map((file) => JSON.stringify(["patch", file]));
    case "mcp_call":
      return [JSON.stringify(["mcp", action.server, action.tool])];
    case "network": {
      const target = targetOf(action);
      return typeof target === "string" ? [] : [JSON.stringify(["network", target.protocol, target.host])];
    }
    default:
      return action satisfies never;
  }
}
