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
    ["current_date", localDate(facts.now)],
    ["timezone", facts.timezone],
  ];
  const lines = rows.map(([name, value]) => `  <${name}>${escapeXml(value)}</${name}>`);
  return ["<environment_context>", ...lines, "</environment_context>"].join("\n");
}

/** YYYY-MM-DD in the zone of this process, which is the one that the model is told. */
export function localDate(now: number): string {
  const day = new Date(now);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}
