/**
 * A stock rule whose every message ends in what to do instead. The rule itself is untouched.
 * @param {import("eslint").Rule.RuleModule} rule
 * @param {string} advice
 * @returns {import("eslint").Rule.RuleModule}
 */
export function advise(rule, advice) {
  /** @type {Record<string, string>} */
  const messages = {};
  for (const [id, text] of Object.entries(rule.meta?.messages ?? {})) {
    messages[id] = `${text.replace(/\.?$/, "")}: ${advice}.`;
  }
  return { ...rule, meta: { ...rule.meta, messages }, create: (context) => rule.create(context) };
}

/**
 * A rule that refuses one shape of syntax.
 * @param {string} selector an ESLint selector
 * @param {string} advice what to do instead
 * @returns {import("eslint").Rule.RuleModule}
 */
export function refuse(selector, advice) {
  return {
    meta: { type: "problem", schema: [], messages: { refused: advice } },
    create: (context) => ({
      [selector]: (/** @type {import("eslint").AST.Program} */ node) => context.report({ node, messageId: "refused" }),
    }),
  };
}
