/** Rules that are one selector each: what the house refuses to see, and what to write instead. */
import { refuse } from "./advise.mjs";

const OWN_MODULE = "/^(\\.|@codex\\u002F)/";
const VI_MOCK = "CallExpression[callee.object.name='vi'][callee.property.name=/^(mock|doMock)$/]";

const MISREAD_ENV = [
  "MemberExpression[object.name='process'][property.name='env']",
  "MemberExpression[object.name='process'][property.value='env']",
  "VariableDeclarator[init.name='process'] > ObjectPattern > Property[key.name='env']",
  "ImportDeclaration[source.value=/^(node:)?process$/] > ImportSpecifier[imported.name='env']",
].join(", ");

const BOOLEAN_TYPE = [
  ":matches(TSBooleanKeyword, TSLiteralType[literal.raw=/^(true|false)$/])",
  "TSUnionType:not(:has(> :not(TSBooleanKeyword, TSUndefinedKeyword, TSNullKeyword)))",
];
const FUNCTION = [
  ":matches(FunctionDeclaration:not([returnType.typeAnnotation.asserts=true]), ArrowFunctionExpression, TSDeclareFunction, TSEmptyBodyFunctionExpression,",
  "TSMethodSignature, TSFunctionType, :not(MethodDefinition[kind='set']) > FunctionExpression)",
].join(" ");
const BOOLEAN_PARAMETER = [
  ...BOOLEAN_TYPE.map((type) => `${FUNCTION} > Identifier > TSTypeAnnotation > ${type}`),
  ...BOOLEAN_TYPE.map((type) => `${FUNCTION} > AssignmentPattern > Identifier > TSTypeAnnotation > ${type}`),
  `${FUNCTION} > AssignmentPattern > Literal.right[raw=/^(true|false)$/]`,
].join(", ");

export const shapes = {
  "no-cast": refuse(
    "TSAsExpression:not([typeAnnotation.typeName.name='const']), TSTypeAssertion",
    "A cast hides what was not checked: narrow with a guard written by hand, or use `satisfies`; decoders may cast " +
      "when eslint.config.mjs names their file.",
  ),
  "no-default-export": refuse(
    "ExportDefaultDeclaration, ExportSpecifier[exported.name='default']",
    "Export by name, so that a thing has one name everywhere.",
  ),
  "no-export-all": refuse(
    "ExportAllDeclaration",
    "Name each export: `export { a, type B } from …`, so that the public surface can be read.",
  ),
  "no-boolean-parameter": refuse(
    BOOLEAN_PARAMETER,
    "`f(true)` says nothing at the call: take an options object, or write two functions.",
  ),
  "no-process-env": refuse(
    MISREAD_ENV,
    "The environment is read in cli, config and each src/bin.ts: take the value as an option.",
  ),
  "no-own-mock": refuse(
    `${VI_MOCK}[arguments.0.value=${OWN_MODULE}], ${VI_MOCK}[arguments.0.source.value=${OWN_MODULE}]`,
    "A module of ours that needs mocking is a port missing: pass a fake through it.",
  ),
  "no-empty-catch": refuse(
    "CatchClause > BlockStatement[body.length=0]",
    "Handle the failure or turn it into a value; if it truly means nothing, return or assign that nothing.",
  ),
  "no-computed-import": refuse(
    "ImportExpression:not([source.type='Literal'])",
    "Import a literal specifier (through lazy() when it is a lazy door), so that the bundler and the law see it.",
  ),
  "no-module-state": refuse(
    "Program > VariableDeclaration[kind=/^(let|var)$/], ExportNamedDeclaration > VariableDeclaration[kind=/^(let|var)$/]",
    "No state at module level: give it an owner (session, turn, closure) that is created and disposed.",
  ),
};
