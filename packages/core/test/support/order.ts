import type { Event, EventMsg } from "@codex/protocol";

const BEGINS: Readonly<Partial<Record<EventMsg["type"], string>>> = {
  exec_command_begin: "command",
  patch_apply_begin: "patch",
};
const ENDS: Readonly<Partial<Record<EventMsg["type"], string>>> = {
  exec_command_end: "command",
  patch_apply_end: "patch",
};

/** What is wrong with the order of a whole session's events (core.md §1.1); empty: nothing. */
export function orderProblems(events: readonly Event[]): readonly string[] {
  const problems: string[] = [];
  const open = new Map<string, "running" | "over">();
  const calls = new Map<string, "open" | "closed">();
  for (const [index, { id, msg }] of events.entries()) {
    const at = `${index} ${msg.type}`;
    if ((index === 0) !== (msg.type === "session_configured")) problems.push(`${at}: not the first`);
    if (index === 0 && id !== "") problems.push(`${at}: has the id ${id}`);
    if (msg.type === "shutdown_complete" && index !== events.length - 1) problems.push(`${at}: not the last`);
    if (msg.type === "task_started") {
      if (open.has(id)) problems.push(`${at}: the turn ${id} started before`);
      if ([...open.values()].includes("running")) problems.push(`${at}: another turn runs`);
      open.set(id, "running");
    } else if (msg.type === "task_complete" || msg.type === "turn_aborted") {
      if (open.get(id) !== "running") problems.push(`${at}: the turn ${id} does not run`);
      open.set(id, "over");
    } else if (open.get(id) === "over" && !LATE.has(msg.type)) problems.push(`${at}: after the end of turn ${id}`);
    problems.push(...callProblems(msg, calls).map((problem) => `${at}: ${problem}`));
  }
  const running = [...open].filter(([, state]) => state === "running").map(([id]) => `the turn ${id} never ended`);
  const left = [...calls].filter(([, state]) => state === "open").map(([key]) => `${key} never ended`);
  return [...problems, ...running, ...left];
}

/** May come when their turn is over: of commands that were left running, or that the person started beside it. */
const LATE: ReadonlySet<EventMsg["type"]> = new Set([
  "exec_command_output_delta",
  "exec_command_end",
  "raw_response_item",
]);

function callProblems(message: EventMsg, calls: Map<string, "open" | "closed">): readonly string[] {
  if (!("call_id" in message)) return [];
  const begins = BEGINS[message.type];
  if (begins !== undefined) {
    const key = `${begins} ${message.call_id}`;
    const known = calls.has(key);
    calls.set(key, "open");
    return known ? [`${key} began before`] : [];
  }
  const kind = ENDS[message.type] ?? (message.type === "exec_command_output_delta" ? "command" : undefined);
  if (kind === undefined) return [];
  const key = `${kind} ${message.call_id}`;
  const problems = calls.get(key) === "open" ? [] : [`${key} is not running`];
  if (ENDS[message.type] !== undefined) calls.set(key, "closed");
  return problems;
}
