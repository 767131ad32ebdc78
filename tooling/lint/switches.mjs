/**
 * A switch over a union ends in `default: … satisfies never`: the compiler then points here when the union grows,
 * and a value from outside that the types did not foresee still meets a branch.
 * @type {import("eslint").Rule.RuleModule}
 */
export const switchEndsInNever = {
  meta: {
    type: "problem",
    schema: [],
    messages: { open: "End this switch with `default:` and `value satisfies never`, after a case for every member." },
  },
  create: (context) => ({
    SwitchStatement(node) {
      const { parserServices } = context.sourceCode;
      if (!parserServices.getTypeAtLocation(node.discriminant).isUnion()) return;
      const last = node.cases.find((branch) => branch.test === null);
      const ends = last !== undefined && context.sourceCode.getText(last).includes("satisfies never");
      if (!ends) context.report({ node, messageId: "open" });
    },
  }),
};
