import type { Decision } from "./decision.js";
import { normaliseHost } from "./network.js";
import { parseRules } from "./parse-rules.js";
import { describeProblem } from "./problem.js";
import type { NetworkProtocol, Rules } from "./rule.js";

/** What is added to a rules file. */
export type Amendment =
  | { readonly type: "prefix"; readonly pattern: readonly string[]; readonly decision?: Decision }
  | {
      readonly type: "network";
      readonly host: string;
      readonly protocol: NetworkProtocol;
      readonly decision: "allow" | "prompt" | "deny";
      readonly justification?: string;
    };

export type AmendedText =
  /** The whole new text, and the part of it that was added at the end. */
  | { readonly type: "amended"; readonly text: string; readonly added: string }
  | { readonly type: "present" }
  | { readonly type: "refused"; readonly message: string };

/** One line of the `.rules` language (exec.md §2.5), or why there is none. Words are quoted: none becomes syntax. */
export function amendmentLine(
  amendment: Amendment,
): { readonly line: string } | { readonly line?: undefined; readonly refused: string } {
  const line = amendment.type === "prefix" ? prefixLine(amendment) : networkLine(amendment);
  if (line === undefined) return { refused: "this cannot be written as a rule: the host has no plain spelling" };
  const refused = reasonAgainst(line, amendment);
  return refused === undefined ? { line } : { refused };
}

/**
 * Appends a rule to the text of a rules file. Nothing is added when the same rule already holds. A text that does
 * not load is refused: the rule would have no effect, or would end up inside something left open.
 */
export function amendText(text: string, amendment: Amendment, file: string): AmendedText {
  const written = amendmentLine(amendment);
  if (written.line === undefined) return { type: "refused", message: written.refused };
  const before = parseRules(text, file);
  if (before.type === "failed") return { type: "refused", message: describeProblem(before.problem) };
  if (isPresent(before.rules, amendment)) return { type: "present" };
  const added = `${text === "" || text.endsWith("\n") ? "" : "\n"}${written.line}\n`;
  const after = parseRules(text + added, file);
  if (after.type === "failed") return { type: "refused", message: describeProblem(after.problem) };
  return { type: "amended", text: text + added, added };
}

function prefixLine(amendment: Amendment & { readonly type: "prefix" }): string {
  const pattern = amendment.pattern.map(quote).join(", ");
  return `prefix_rule(pattern=[${pattern}], decision=${quote(amendment.decision ?? "allow")})`;
}

function networkLine(amendment: Amendment & { readonly type: "network" }): string | undefined {
  const normalised = normaliseHost(amendment.host);
  if (normalised.type === "failed") return undefined;
  const { protocol, decision, justification } = amendment;
  const because = justification === undefined ? "" : `, justification=${quote(justification)}`;
  return `network_rule(host=${quote(normalised.host)}, protocol=${quote(protocol)}, decision=${quote(decision)}${because})`;
}

/** A JSON string is also a string of the rules language once everything that could end a line is escaped. */
function quote(text: string): string {
  return JSON.stringify(text).replace(/[\x7f-\x9f\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** A prefix rule holds wherever it stands; of a host only the last statement does. */
function isPresent(rules: Rules, amendment: Amendment): boolean {
  if (amendment.type === "network") {
    const normalised = normaliseHost(amendment.host);
    const last = rules.networks.findLast((rule) => normalised.type === "host" && rule.host === normalised.host);
    const decision = amendment.decision === "deny" ? "forbidden" : amendment.decision;
    return last?.protocol === amendment.protocol && last.decision === decision;
  }
  const wanted = JSON.stringify(amendment.pattern.map((word) => [word]));
  const decision = amendment.decision ?? "allow";
  return rules.prefixes.some((rule) => rule.decision === decision && JSON.stringify(rule.pattern) === wanted);
}

/** The line is read back: it must say exactly what was meant. */
function reasonAgainst(line: string, amendment: Amendment): string | undefined {
  const parsed = parseRules(line, "the new rule");
  if (parsed.type === "failed") return `this cannot be written as a rule: ${parsed.problem.message}`;
  if (amendment.type === "network") return undefined;
  if (amendment.pattern.some((word) => word.includes("\0"))) return "an argument with a NUL cannot be run";
  const [rule] = parsed.rules.prefixes;
  const words = rule?.pattern.map(([word]) => word);
  const same = JSON.stringify(words) === JSON.stringify(amendment.pattern);
  return same ? undefined : "this cannot be written as a rule";
}
