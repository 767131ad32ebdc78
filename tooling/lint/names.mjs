/** Rules about names, comments and errors: what a selector cannot say. */
import { basename } from "node:path";

const KEBAB_FILE = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|config|d))*\.(ts|mts|mjs)$/;
const NOUNLESS = /^(utils?|helpers|misc|shared|stuff)\./;

/** @type {import("eslint").Rule.RuleModule} */
const fileName = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      kebab: "Name the file in kebab-case: {{name}}.",
      noun: "{{name}} names nothing: call the file after the noun it holds, or move its functions to their owners.",
    },
  },
  create: (context) => ({
    Program(node) {
      const name = basename(context.filename);
      if (NOUNLESS.test(name)) context.report({ node, messageId: "noun", data: { name } });
      else if (!KEBAB_FILE.test(name)) context.report({ node, messageId: "kebab", data: { name } });
    },
  }),
};

const FULL_WORDS = new Map(
  Object.entries({
    arr: "array",
    buf: "buffer",
    cb: "callback",
    cfg: "config",
    cmd: "command",
    ctx: "context",
    curr: "current",
    dest: "destination",
    dir: "directory",
    elem: "element",
    err: "error",
    evt: "event",
    fn: "the verb it performs",
    idx: "index",
    len: "length",
    msg: "message",
    num: "number or count",
    obj: "the noun it holds",
    opt: "option",
    opts: "options",
    param: "parameter",
    params: "parameters",
    pkg: "package",
    prev: "previous",
    proc: "process",
    req: "request",
    res: "response or result",
    resp: "response",
    str: "text",
    tmp: "temporary, or what it holds",
    val: "value",
  }),
);

/** @param {string} name @returns {string[]} lower-case words of a camelCase or snake_case name */
function wordsOf(name) {
  return name.split(/_|(?<=[a-z0-9])(?=[A-Z])/).map((word) => word.toLowerCase());
}

/**
 * A name that comes from elsewhere: an import, a type of the wire, or a field taken apart under its own name.
 * @param {import("eslint").Scope.Definition} definition
 * @param {any} identifier the node that names it
 */
function isForeign(definition, identifier) {
  return (
    ["ImportBinding", "Type"].includes(definition.type) ||
    (identifier.parent.type === "Property" && identifier.parent.shorthand)
  );
}

/** @type {import("eslint").Rule.RuleModule} */
const noAbbreviation = {
  meta: {
    type: "problem",
    schema: [],
    messages: { short: "`{{name}}`: write {{full}} for `{{word}}` (only cwd, env, argv, id and url are short)." },
  },
  create: (context) => ({
    "Program:exit"() {
      for (const scope of context.sourceCode.scopeManager.scopes) {
        for (const { name, defs } of scope.variables) {
          const [definition] = defs;
          const word = wordsOf(name).find((part) => FULL_WORDS.has(part));
          /** @type {any} */
          const identifier = definition?.name;
          if (
            word === undefined ||
            definition === undefined ||
            identifier.parent == null ||
            isForeign(definition, identifier)
          )
            continue;
          const data = { name, word, full: FULL_WORDS.get(word) };
          context.report({ node: identifier, messageId: "short", data });
        }
      }
    },
  }),
};

const RULER = /[-=*─━═#~]{5,}/;
const BANNER = /copyright|licensed under|SPDX/i;
const DIRECTIVE = /^\s*eslint-disable(?!.* -- \S)/;

/** @type {import("eslint").Rule.RuleModule} */
const comments = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      ruler: "No rulers in comments: a file that needs sections is two files.",
      banner: "No licence banners: LICENSE at the root speaks for every file.",
      reason: "A disable names its rule and its reason: `eslint-disable-next-line RULE -- why`.",
    },
  },
  create: (context) => ({
    Program() {
      for (const { value, loc } of context.sourceCode.getAllComments()) {
        if (loc == null) continue;
        if (DIRECTIVE.test(value)) context.report({ loc, messageId: "reason" });
        else if (BANNER.test(value)) context.report({ loc, messageId: "banner" });
        else if (RULER.test(value)) context.report({ loc, messageId: "ruler" });
      }
    },
  }),
};

/** @type {import("eslint").Rule.RuleModule} */
const errorsByCode = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      code: "Errors of another package are recognised by `code`: each package carries its own copy of the class.",
    },
  },
  create: (context) => ({
    "BinaryExpression[operator='instanceof'][right.type='Identifier']"(/** @type {any} */ node) {
      /** @type {import("eslint").Scope.Scope | null} */
      let scope = context.sourceCode.getScope(node);
      for (; scope !== null; scope = scope.upper) {
        /** @type {any} */
        const declaration = scope.set.get(node.right.name)?.defs[0]?.parent;
        const source = declaration?.source?.value;
        if (typeof source === "string" && source.startsWith("@codex/")) context.report({ node, messageId: "code" });
      }
    },
  }),
};

export const names = {
  "file-name": fileName,
  "no-abbreviation": noAbbreviation,
  comments,
  "errors-by-code": errorsByCode,
};
