import { escapeXml } from "./xml.js";

export type EnvironmentFacts = {
  readonly cwd: string;
  readonly shell: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** IANA name. */
  readonly timezone: string;
};

/** The block that tells the model where and when it is (core.md §3.2). */
export function environmentContext(facts: EnvironmentFacts): string {
  const rows: readonly (readonly [string, string])[] = [
    ["cwd", facts.cwd],
    ["shell", facts.shell],
    ["current_date", localDate(facts.now, facts.timezone)],
    ["timezone", facts.timezone],
  ];
  const lines = rows.map(([name, value]) => `  <${name}>${escapeXml(value)}</${name}>`);
  return ["<environment_context>", ...lines, "</environment_context>"].join("\n");
}

/** YYYY-MM-DD in the given zone. */
export function localDate(now: number, timezone: string): string {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: timezone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  }).formatToParts(now);
  const part = (type: string): string => parts.find((each) => each.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
}
