export { isDecision, strictest, type Decision, type Outcome } from "./decision.js";
export { describeProblem, type Position, type RulesProblem } from "./problem.js";
export { RULES_LIMITS } from "./limits.js";
export {
  NETWORK_PROTOCOLS,
  NO_RULES,
  type Example,
  type HostExecutable,
  type NetworkProtocol,
  type NetworkRule,
  type PrefixRule,
  type Rules,
} from "./rule.js";
export { parseRules, type ParsedRules } from "./parse-rules.js";
export { checkExamples } from "./check.js";
export { loadPolicy, loadPolicyFiles, readRules, type LoadedPolicy } from "./load.js";
export { combineRules, createPolicy, decisionOf, type EvaluateOptions, type Policy, type RuleMatch } from "./policy.js";
export { isNetworkProtocol, matchNetwork, networkDomains, normaliseHost, type NormalisedHost } from "./network.js";
export { amendmentLine, amendText, type AmendedText, type Amendment } from "./amend.js";
export { amendFile, type AmendOutcome } from "./amend-file.js";
export { isBroadPrefix } from "./broad-prefixes.js";
export { joinWords, splitWords } from "./words.js";
export { canonicalCommand, readCommand, type Reading } from "./shell/reading.js";
export { parsePlainScript, type PlainCommand, type PlainScript } from "./shell/plain.js";
export type { ShellName } from "./shell/lex.js";
export { readWrapper, type ShellWrapper } from "./shell/wrapper.js";
export { isKnownSafe, onlyReads, type SafetyFacts } from "./known-safe.js";
export { findDanger, type Danger } from "./dangerous.js";
export { hazardsOf, type Hazard } from "./hazards.js";
export { assessCommand, type AssessRequest } from "./assess.js";
export type { CommandAssessment, SegmentAssessment } from "./assessment.js";
export { summarizeCommand } from "./summarize.js";
export { runExecpolicy, type CommandContext } from "./command.js";
