/** The law of imports as a lint rule: one question to tooling/graph.mjs per import, static, lazy or type-only. */
import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { importProblem } from "../graph.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** @type {import("eslint").Rule.RuleModule} */
export const importLaw = {
  meta: { type: "problem", schema: [], messages: { refused: "`{{specifier}}`: {{problem}}." } },
  create(context) {
    const file = relative(ROOT, context.filename).split(sep).join("/");
    const check = (/** @type {any} */ node) => {
      const specifier = (node.source ?? node.arguments?.[0] ?? node.expression)?.value;
      if (typeof specifier !== "string") return;
      const problem = importProblem(file, specifier);
      if (problem !== undefined) context.report({ node, messageId: "refused", data: { specifier, problem } });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
      TSExternalModuleReference: check,
      "CallExpression[callee.name='require']": check,
      "CallExpression[callee.property.name='getBuiltinModule']": check,
    };
  },
};
