import type { Change } from "./plan.js";

/** What a successful application reports: added, then modified, then deleted files, named as the patch names them. */
export function summarize(changes: readonly Change[]): string {
  const lines = (["A", "M", "D"] as const).flatMap((letter) =>
    changes.filter((change) => letterOf(change) === letter).map((change) => `${letter} ${nameOf(change)}\n`),
  );
  return `Success. Updated the following files:\n${lines.join("")}`;
}

function letterOf(change: Change): "A" | "M" | "D" {
  switch (change.kind) {
    case "add":
      return "A";
    case "update":
    case "move":
      return "M";
    case "delete":
      return "D";
    default:
      return change satisfies never;
  }
}

function nameOf(change: Change): string {
  return change.kind === "move" ? change.destination.name : change.name;
}
