import { isDecision, type Decision } from "./decision.js";
import { RULES_LIMITS } from "./limits.js";
import { isNetworkProtocol, normaliseHost } from "./network.js";
import { RulesError, type Position } from "./problem.js";
import type { Example, HostExecutable, NetworkRule, PrefixRule } from "./rule.js";
import { describeType, type Budget, type Value } from "./rules-values.js";
import { splitWords } from "./words.js";

/** A call as it stands in the file, its arguments evaluated. */
export type Call = {
  readonly name: string;
  readonly position: Position;
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
};

export type RulesBuilder = {
  readonly prefixes: PrefixRule[];
  readonly hosts: HostExecutable[];
  readonly networks: NetworkRule[];
};

/** Parameters in their order; those that a call must give end in `!`. */
const SIGNATURES: Readonly<Record<string, readonly string[]>> = {
  prefix_rule: ["pattern!", "decision", "match", "not_match", "justification"],
  network_rule: ["host!", "protocol!", "decision!", "justification"],
  host_executable: ["name!", "paths!"],
};

/** Carries out one of the three calls of the language: checks its arguments and adds what it declares. */
export function applyCall(call: Call, builder: RulesBuilder, budget: Budget): void {
  const given = bindArguments(call);
  switch (call.name) {
    case "prefix_rule":
      builder.prefixes.push(prefixRule(given, call.position, budget));
      return;
    case "network_rule":
      builder.networks.push(networkRule(given, call.position));
      return;
    default:
      builder.hosts.push(hostExecutable(given, call.position));
  }
}

type Arguments = ReadonlyMap<string, Value>;

function bindArguments(call: Call): Arguments {
  const signature = Object.hasOwn(SIGNATURES, call.name) ? SIGNATURES[call.name] : undefined;
  if (signature === undefined) {
    const known = Object.keys(SIGNATURES).join(", ");
    throw new RulesError(call.position, `${call.name} is not a function here (there are: ${known})`);
  }
  const names = signature.map((parameter) => parameter.replace("!", ""));
  const given = new Map<string, Value>();
  for (const [index, value] of call.positional.entries()) {
    const name = names[index];
    if (name === undefined) throw new RulesError(value.position, `${call.name} takes ${names.length} arguments`);
    given.set(name, value);
  }
  for (const [name, value] of call.named) {
    if (!names.includes(name)) throw new RulesError(value.position, `${call.name} has no parameter ${name}`);
    if (given.has(name)) throw new RulesError(value.position, `${name} is given twice`);
    given.set(name, value);
  }
  const missing = signature.find((parameter) => parameter.endsWith("!") && !given.has(parameter.slice(0, -1)));
  if (missing !== undefined) throw new RulesError(call.position, `${call.name} needs ${missing.slice(0, -1)}`);
  return given;
}

function prefixRule(given: Arguments, position: Position, budget: Budget): PrefixRule {
  const elements = listOf(required(given, "pattern", position), "pattern");
  if (elements.length === 0) throw new RulesError(position, "invalid rule: pattern is empty");
  if (elements.length > RULES_LIMITS.pattern) {
    throw new RulesError(position, `invalid rule: pattern has more than ${RULES_LIMITS.pattern} words`);
  }
  return {
    pattern: elements.map((element) => alternatives(element, budget)),
    decision: decisionOf(given.get("decision")),
    ...justificationOf(given),
    match: examples(given.get("match"), budget),
    notMatch: examples(given.get("not_match"), budget),
    position,
  };
}

function alternatives(element: Value, budget: Budget): readonly string[] {
  if (element.type === "string") {
    budget.spend(1, element.position);
    return [element.text];
  }
  budget.spend(1 + element.items.length, element.position);
  if (element.items.length === 0) {
    throw new RulesError(element.position, "invalid pattern element: a list of alternatives is empty");
  }
  if (element.items.length > RULES_LIMITS.alternatives) {
    const message = `invalid pattern element: more than ${RULES_LIMITS.alternatives} alternatives`;
    throw new RulesError(element.position, message);
  }
  return element.items.map((item) => stringOf(item, "invalid pattern element: an alternative"));
}

function examples(value: Value | undefined, budget: Budget): readonly Example[] {
  if (value === undefined) return [];
  return listOf(value, "a list of examples").map((item) => {
    const argv = item.type === "string" ? splitWords(item.text) : item.items.map((word) => stringOf(word, "a word"));
    budget.spend(1 + (argv?.length ?? 0), item.position);
    if (argv === undefined) throw new RulesError(item.position, "invalid example: its quotes do not close");
    if (argv.length === 0) throw new RulesError(item.position, "invalid example: it has no words");
    return { argv, position: item.position };
  });
}

function networkRule(given: Arguments, position: Position): NetworkRule {
  const host = required(given, "host", position);
  const normalised = normaliseHost(stringOf(host, "host"));
  if (normalised.type === "failed") throw new RulesError(host.position, `invalid rule: ${normalised.message}`);
  const protocol = required(given, "protocol", position);
  const alias = stringOf(protocol, "protocol");
  const name = alias === "https_connect" || alias === "http-connect" ? "https" : alias;
  if (!isNetworkProtocol(name)) throw new RulesError(protocol.position, `invalid rule: unknown protocol ${alias}`);
  const decision = required(given, "decision", position);
  const word = stringOf(decision, "decision");
  return {
    host: normalised.host,
    protocol: name,
    decision: word === "deny" ? "forbidden" : decisionOf(decision),
    ...justificationOf(given),
    position,
  };
}

function hostExecutable(given: Arguments, position: Position): HostExecutable {
  const nameValue = required(given, "name", position);
  const name = stringOf(nameValue, "name");
  if (name === "" || /[/\\\0]/.test(name) || name === "." || name === "..") {
    throw new RulesError(nameValue.position, "invalid rule: name must be a bare file name");
  }
  const paths = listOf(required(given, "paths", position), "paths").map((item) => {
    const path = stringOf(item, "a path");
    if (!path.startsWith("/")) throw new RulesError(item.position, `invalid rule: ${path} is not an absolute path`);
    if (path.slice(path.lastIndexOf("/") + 1) !== name) {
      throw new RulesError(item.position, `invalid rule: the last part of ${path} is not ${name}`);
    }
    return path;
  });
  return { name, paths, position };
}

function required(given: Arguments, name: string, position: Position): Value {
  const value = given.get(name);
  if (value === undefined) throw new RulesError(position, `${name} is missing`);
  return value;
}

function decisionOf(value: Value | undefined): Decision {
  if (value === undefined) return "allow";
  const word = stringOf(value, "decision");
  if (isDecision(word)) return word;
  throw new RulesError(value.position, `invalid decision: ${JSON.stringify(word)} (allow, prompt or forbidden)`);
}

function justificationOf(given: Arguments): { justification?: string } {
  const value = given.get("justification");
  if (value === undefined) return {};
  const justification = stringOf(value, "justification");
  if (justification.trim() === "") throw new RulesError(value.position, "invalid rule: justification cannot be empty");
  return { justification };
}

function stringOf(value: Value, what: string): string {
  if (value.type === "string") return value.text;
  throw new RulesError(value.position, `${what} must be a string, not ${describeType(value)}`);
}

function listOf(value: Value, what: string): readonly Value[] {
  if (value.type === "list") return value.items;
  throw new RulesError(value.position, `${what} must be a list, not ${describeType(value)}`);
}
