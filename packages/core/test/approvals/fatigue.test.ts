import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Action, AskForApproval, Grant, ReviewDecision } from "@codex/protocol";
import { callId } from "@codex/protocol";
import { describe, expect, it } from "vitest";
import { decodeRecording } from "../../src/model/recording.js";
import { createGuards } from "../../src/tools/guard.js";
import { recordWorkingSession } from "../support/working-session.js";
import { execAction } from "../support/exec-action.js";
import { testApprovals } from "../support/approvals.js";
import { testTurn } from "../support/turn.js";

const RECORDING = fileURLToPath(new URL("../fixtures/working-session.jsonl", import.meta.url));
const WIDTHS = ["once", "session", "exact", "subcommand", "prefix"] as const;
type Width = (typeof WIDTHS)[number];

/** The commands that the model asked for in the recording, as the guard gets them. */
function recordedActions(): readonly Action[] {
  const { steps } = decodeRecording(readFileSync(RECORDING, "utf8"));
  return steps.flatMap(({ events }) =>
    events.flatMap((event): readonly Action[] => {
      if (event.type !== "item_done" || event.item.type !== "function_call") return [];
      const args: { cmd: string; sandbox_permissions?: string } = JSON.parse(event.item.arguments);
      const permissions = args.sandbox_permissions === "require_escalated" ? "escalated" : "default";
      return [execAction(["/bin/bash", "-c", args.cmd], { cwd: "/project", permissions })];
    }),
  );
}

/** The grant of this width, or the widest that is narrower; where none is offered, yes for the session. */
function answerAt(width: Width, grants: readonly Grant[]): ReviewDecision {
  if (width === "once") return "approved";
  const fitting = grants.filter((grant) => WIDTHS.indexOf(grant.width) <= WIDTHS.indexOf(width));
  const grant = width === "session" ? undefined : fitting.at(-1);
  if (grant === undefined) return "approved_for_session";
  return { approved_execpolicy_amendment: { proposed_execpolicy_amendment: grant.pattern } };
}

async function questionsAt(width: Width, approval_policy: AskForApproval, actions: readonly Action[]): Promise<number> {
  const turn = testTurn({
    settings: { approval_policy },
    answer: (question) => answerAt(width, "grants" in question ? (question.grants ?? []) : []),
  });
  const permissions = { ...testApprovals(), announceRule: () => undefined, abortTurn: () => undefined };
  const guards = createGuards({ turn, ...permissions });
  for (const [index, action] of actions.entries()) {
    await guards.forCall(callId(`c${index}`)).run(action, () => Promise.resolve({ type: "done", value: undefined }));
  }
  return turn.questions.length;
}

/** The shapes in which one plain command comes along. */
const SHAPES: readonly ((script: string) => readonly string[])[] = [
  (script) => script.split(" "),
  (script) => ["bash", "-lc", script],
  (script) => ["/bin/bash", "-c", `  ${script}  `],
  (script) => [
    "/usr/bin/sh",
    "-c",
    script
      .split(" ")
      .map((word) => `'${word}'`)
      .join("  ")
      .replace(/^'(.*?)'/, "$1"),
  ],
  (script) => ["zsh", "-l", "-c", `${script};`],
  (script) => ["bash", "-lc", `bash -c "${script}"`],
];

describe("questions of a recorded session of 60 commands", () => {
  if (process.env["CODEX_RECORD_SESSION"] === "1") it("is recorded", () => recordWorkingSession(RECORDING), 120_000);

  it("are fewer with every width", async () => {
    const actions = recordedActions();
    expect(actions).toHaveLength(60);
    const counted = async (policy: AskForApproval) => {
      const counts = await Promise.all(WIDTHS.map((width) => questionsAt(width, policy, actions)));
      return Object.fromEntries(WIDTHS.map((width, index) => [width, counts[index]]));
    };
    const table = { untrusted: await counted("untrusted"), "on-request": await counted("on-request") };
    if (process.env["CODEX_SHOW_TABLE"] === "1") console.table(table);
    expect(table).toEqual({
      untrusted: { once: 37, session: 32, exact: 26, subcommand: 24, prefix: 24 },
      "on-request": { once: 13, session: 10, exact: 9, subcommand: 6, prefix: 6 },
    });
  });

  it("the same command is asked about once, however it is wrapped and whatever width was granted", async () => {
    const scripts = ["npm test", "git push origin next", "node scripts/build.js --all"];
    const actions = scripts.flatMap((script) =>
      SHAPES.map((shape): Action => {
        const argv = shape(script);
        const more = { cwd: "/project", tty: false, environment_id: "fake", permissions: "escalated" } as const;
        return { type: "exec", argv, ...more };
      }),
    );
    const counts = await Promise.all(WIDTHS.slice(1).map((width) => questionsAt(width, "on-request", actions)));
    expect(counts).toEqual([3, 3, 3, 3]);
  });
});
