import { joinWords } from "@codex/execpolicy";
import type { Explanation, LayerVerdict } from "./explain.js";
import { describeReason } from "./refusal.js";

const WIDTH = 10;

/** An explanation for a person to read. */
export function explanationText(explanation: Explanation): string {
  const { argv, cwd, layers, allow_with } = explanation;
  const lines = [
    `${joinWords(argv)}`,
    ...entry("in", [cwd]),
    ...entry("read as", readingLines(explanation)),
    ...layers.flatMap((layer) => entry(layer.layer, layerLines(layer))),
    ...entry("result", [resultLine(explanation)]),
    ...entry("sandbox", sandboxLines(explanation)),
    ...entry("question", questionLines(explanation)),
    ...entry("to allow", allow_with === undefined ? [] : allow_with.split("\n")),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function entry(title: string, lines: readonly string[]): readonly string[] {
  return lines.map((line, index) => `  ${(index === 0 ? title : "").padEnd(WIDTH)}${line}`);
}

function readingLines({ reading }: Explanation): readonly string[] {
  if (reading.type === "unknown") return [`a script that ${reading.reason ?? "is not plain"}: it may do anything`];
  return reading.commands.map((words) => joinWords(words));
}

function layerLines({ says, because }: LayerVerdict): readonly string[] {
  const verb = { allow: "allows", ask: "asks", forbid: "forbids", nothing: "–" }[says];
  return because.map((reason, index) => `${index === 0 ? verb : "".padEnd(verb.length)} ${describeReason(reason)}`);
}

function resultLine({ outcome, place }: Explanation): string {
  const where = place === "outside" ? "outside the sandbox" : "inside the sandbox";
  if (outcome === "refuses") return "refused";
  return outcome === "runs" ? `runs ${where}, without a question` : `asked about first, then runs ${where}`;
}

function sandboxLines({ sandbox, after_denial }: Explanation): readonly string[] {
  if (sandbox === undefined) return [];
  const then = {
    reports: "what it refuses is reported to the model",
    asks: "what it refuses may be tried outside, after a question",
    "runs outside": "what it refuses is tried outside, the question covers that",
  }[after_denial ?? "reports"];
  return [
    `${sandbox.mode}, network ${sandbox.network ? "on" : "off"}`,
    ...sandbox.writable.map(({ root, read_only }) => {
      const except = read_only.length === 0 ? "" : ` except ${read_only.join(", ")}`;
      return `writable: ${root}${except}`;
    }),
    ...[...sandbox.denied, ...(sandbox.secrets ?? [])].map((path) => `hidden: ${path}`),
    then,
  ];
}

function questionLines({ question }: Explanation): readonly string[] {
  if (question === undefined) return [];
  const grants = question.grants.map(({ width, pattern }) => `may be kept for ${width}: ${joinWords(pattern)}`);
  return [question.reason ?? "no reason is given", ...grants];
}
