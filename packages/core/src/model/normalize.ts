/** The places whose names differ from run to run. Absolute paths. */
export type Places = { readonly cwd: string; readonly home: string; readonly temporary: string };

type Rule = { readonly what: string; readonly pattern: RegExp; readonly name: string };

const MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
const DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";

/**
 * The one table of what may differ between a recording and its replay, besides the places. Applied in this order to
 * call arguments and tool outputs of a fingerprint; never to what the model says.
 */
export const RULES: readonly Rule[] = [
  { what: "a stack frame inside Node", pattern: /^\s+at .*\bnode:.*(?:\n|$)/gm, name: "" },
  {
    what: "a moment",
    pattern: /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|\s?[+-]\d\d:?\d\d)?/g,
    name: "{{time}}",
  },
  {
    what: "a moment of date(1) or of HTTP",
    pattern: new RegExp(
      `\\b${DAY},? (?:\\d\\d? ${MONTH}|${MONTH} +\\d\\d?)(?: \\d{4})? \\d\\d:\\d\\d:\\d\\d(?: [A-Z]{3,4})?(?: [+-]?\\d{4})?`,
      "g",
    ),
    name: "{{time}}",
  },
  { what: "a date", pattern: /\b\d{4}-\d\d-\d\d\b/g, name: "{{date}}" },
  {
    what: "a date of ls(1)",
    pattern: new RegExp(`\\b${MONTH} +\\d\\d? +(?:\\d\\d:\\d\\d|\\d{4})\\b`, "g"),
    name: "{{date}}",
  },
  { what: "a time of day", pattern: /\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b/g, name: "{{time}}" },
  { what: "a duration field", pattern: /(?<=\bduration(?:_ms)?["']?[:=]?\s{0,4})\d+(?:\.\d+)?/g, name: "{{duration}}" },
  {
    what: "a duration",
    pattern: /\b\d+(?:\.\d+)?\s?(?:ns|µs|us|ms|milliseconds?|secs?|seconds?|s|mins?|minutes?)\b/g,
    name: "{{duration}}",
  },
  { what: "a UUID", pattern: /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, name: "{{id}}" },
  { what: "an id of the API", pattern: /\b(?:call|fc|fco|ctc|ctco|msg|rs|resp)_[A-Za-z0-9]{6,}\b/g, name: "{{id}}" },
  { what: "an id of an output or a process", pattern: /(?<=\b(?:Chunk|session) ID:? )[0-9a-f]+\b/g, name: "{{id}}" },
  { what: "a process id", pattern: /(?<=\b(?:pid|PID|process)[ :=#]{1,2})\d+\b/g, name: "{{pid}}" },
  { what: "a port", pattern: /(?<=(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]):)\d{1,5}\b/g, name: "{{port}}" },
  { what: "a port in words", pattern: /(?<=\bport:? )\d{1,5}\b/gi, name: "{{port}}" },
  {
    what: "a count that follows the length of paths",
    pattern: /(?<=\boriginal token count: )\d+/gi,
    name: "{{count}}",
  },
  { what: "an address in memory", pattern: /\b0x[0-9a-f]{6,16}\b/gi, name: "{{address}}" },
  {
    what: "a hash",
    pattern: /\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])(?:[0-9a-f]{7,12}|[0-9a-f]{40}|[0-9a-f]{64})\b/g,
    name: "{{hash}}",
  },
  { what: "a version of Node", pattern: /(?<=\bNode(?:\.js)? )v?\d+\.\d+\.\d+\b/g, name: "{{version}}" },
  {
    what: "a temporary name",
    pattern: /(?<=\{\{codex:temporary\}\}\/)[\w.-]*[.-][A-Za-z0-9]{6,}\b/g,
    name: "{{name}}",
  },
];

/** Text for a fingerprint: places by name, then the table. */
export function normalize(text: string, places: Places): string {
  return RULES.reduce((clean, { pattern, name }) => clean.replace(pattern, name), nameDirectories(text, places));
}

/** Paths → `{{codex:cwd}}`, `{{codex:home}}`, `{{codex:temporary}}`: the longest first, whole components only. */
export function nameDirectories(text: string, places: Places): string {
  const named = entriesOf(places).sort(([, left], [, right]) => right.length - left.length);
  return named.reduce((clean, [name, path]) => clean.replace(pathPattern(path), `{{codex:${name}}}`), text);
}

/** The way back, with the places of this run. */
export function fillDirectories(text: string, places: Places): string {
  return entriesOf(places).reduce((filled, [name, path]) => filled.replaceAll(`{{codex:${name}}}`, path), text);
}

/** The root directory names nothing. */
function entriesOf(places: Places): [string, string][] {
  return Object.entries(places).filter(([, path]) => path.length > 1);
}

function pathPattern(path: string): RegExp {
  return new RegExp(`(?<![\\w.~-])${path.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}(?![\\w-]|\\.\\w)`, "g");
}
