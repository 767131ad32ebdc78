import type { Action, Grant, ReviewDecision } from "@codex/protocol";
import { callId } from "@codex/protocol";
import { describe, expect, it } from "vitest";
import { createGuards } from "../../src/tools/guard.js";
import { testApprovals } from "../support/approvals.js";
import { testTurn } from "../support/turn.js";

/** What an agent asked to run outside the sandbox in one working session on a service, in order. */
const SESSION: readonly string[] = [
  ...["npm ci", "npm test", "npm test", "npm run build", "npm test"],
  ...["git fetch origin", "git fetch origin", "git push origin feature", "git push origin feature"],
  ...["npm install zod", "npm install vitest", "npm install --save-dev eslint", "npm view zod version"],
  ...["docker ps", "docker ps -a", "docker logs api", "docker logs db", "docker logs --tail 50 api"],
  ...["gh pr view 12", "gh pr view 12 --comments", "gh pr checks 12", "gh pr create --fill", "gh pr checks 12"],
  ...["cargo test", "cargo test --workspace", "cargo build", "cargo build --release", "cargo test api"],
  ...[
    "ping -c 1 db.internal",
    "ping -c 1 api.internal",
    "dig db.internal",
    "dig api.internal",
    "dig +short x.internal",
  ],
  ...["kubectl get pods", "kubectl get pods -n api", "kubectl get svc", "kubectl logs api-1", "kubectl logs api-2"],
  ...["npm test -- --watch=false", "npm test -- api", "npm test -- db", "npm run build", "npm run lint"],
  ...[
    "git push origin feature",
    "git push origin feature --force-with-lease",
    "git fetch upstream",
    "git pull --rebase",
  ],
  ...["pip install requests", "pip install pytest", "pip install -r requirements.txt", "pip list"],
  ...["go test ./...", "go test ./api", "go test -run TestX ./api", "go build ./..."],
  ...["systemctl status api", "systemctl status db", "journalctl -u api", "journalctl -u db", "gh pr view 12"],
];

/** The wrappers under which the same words come along. */
const WRAPPERS: readonly ((script: string) => readonly string[])[] = [
  (script) => ["bash", "-lc", script],
  (script) => ["/bin/bash", "-c", script],
  (script) => script.split(" "),
];

type Width = Grant["width"] | "once" | "session";

/** Questions of the session when each is answered by the grant of this width, or the widest that is narrower. */
async function questionsAt(width: Width): Promise<number> {
  const order = ["exact", "subcommand", "prefix"] as const;
  const answer = (grants: readonly Grant[]): ReviewDecision => {
    if (width === "once") return "approved";
    const fitting = grants.filter((grant) => width !== "session" && order.indexOf(grant.width) <= order.indexOf(width));
    const grant = fitting.at(-1);
    if (grant === undefined) return "approved_for_session";
    return { approved_execpolicy_amendment: { proposed_execpolicy_amendment: grant.pattern } };
  };
  const turn = testTurn({
    settings: { approval_policy: "on-request" },
    answer: (question) => answer("grants" in question ? (question.grants ?? []) : []),
  });
  const guards = createGuards({ turn, ...testApprovals(), announceRule: () => undefined, abortTurn: () => undefined });
  for (const [index, script] of SESSION.entries()) {
    const argv = WRAPPERS[index % WRAPPERS.length]?.(script) ?? [];
    const action: Action = {
      type: "exec",
      argv,
      cwd: "/work",
      tty: false,
      environment_id: "fake",
      permissions: "escalated",
    };
    await guards.forCall(callId(`c${index}`)).run(action, () => Promise.resolve({ type: "done", value: undefined }));
  }
  return turn.questions.length;
}

describe("questions of a session of 60 commands", () => {
  it("are fewer with every width, and the same command is never asked about twice", async () => {
    expect(SESSION).toHaveLength(60);
    const widths = ["once", "session", "exact", "subcommand", "prefix"] as const;
    const counts = await Promise.all(widths.map(questionsAt));
    expect(new Set(SESSION).size).toBe(52);
    expect(counts).toEqual([60, 52, 43, 29, 28]);
  });
});
