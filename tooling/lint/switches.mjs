import typescript from "typescript";

/** @param {typescript.Type} type a union that can be listed to its end: literals, null, undefined */
function isClosedUnion(type) {
  return type.isUnion() && type.types.every((member) => (member.flags & typescript.TypeFlags.Unit) !== 0);
}

/**
 * A switch over a closed union ends in `default: … satisfies never`: the compiler then points here when the union
 * grows, and a value from outside that the types did not foresee still meets a branch.
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
      if (!isClosedUnion(parserServices.getTypeAtLocation(node.discriminant))) return;
      const last = node.cases.find((branch) => branch.test === null);
      const ends = last !== undefined && context.sourceCode.getText(last).includes("satisfies never");
      if (!ends) context.report({ node, messageId: "open" });
    },
  }),
};
