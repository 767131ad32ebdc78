/** The house rules under one prefix: `house/NAME`. Stock rules keep their name and gain advice. */
import { builtinRules } from "eslint/use-at-your-own-risk";
import importX from "eslint-plugin-import-x";
import typescript from "typescript-eslint";
import { advise } from "./advise.mjs";
import { importLaw } from "./imports.mjs";
import { names } from "./names.mjs";
import { shapes } from "./shapes.mjs";
import { switchEndsInNever } from "./switches.mjs";

/** @type {Readonly<Record<string, string>>} */
const CORE = {
  "max-lines": "split it by noun; a file holds one thing (wire and data tables are listed in eslint.config.mjs)",
  "max-lines-per-function": "give a part of it a name of its own",
  "max-params": "group what belongs together into one options object",
  "max-depth": "return early, or name the inner block as a function",
  "max-len": "break the line",
  "no-console": "faces and bins print; everything else returns a value or emits an event",
};

/** @type {Readonly<Record<string, string>>} */
const TYPED = {
  "no-explicit-any": "use `unknown` and narrow it",
  "no-non-null-assertion": "handle the missing case, or make the type say that there is none",
  "no-floating-promises": "await it, return it, or hand it to an owner that settles it",
  "no-misused-promises": "this place ignores promises: await inside, or take a function that returns void",
  "switch-exhaustiveness-check": "write a case for every member, then `default:` with `satisfies never`",
  "no-unsafe-assignment": "`any` came from outside: annotate it `unknown` and narrow it",
  "no-unsafe-argument": "`any` came from outside: annotate it `unknown` and narrow it",
  "no-unsafe-call": "`any` came from outside: annotate it `unknown` and narrow it",
  "no-unsafe-member-access": "`any` came from outside: annotate it `unknown` and narrow it",
  "no-unsafe-return": "`any` came from outside: annotate it `unknown` and narrow it",
  "ban-ts-comment": "fix the type; where the compiler is wrong, `@ts-expect-error` with the reason",
};

/** @typedef {import("eslint").Rule.RuleModule} RuleModule */

/**
 * Plugins type their rules for their own context; ESLint runs them all alike.
 * @param {any} plugin
 * @param {string} name
 * @returns {RuleModule}
 */
function ruleOf(plugin, name) {
  return plugin.rules[name];
}

/** @type {Record<string, RuleModule>} */
const rules = {
  ...shapes,
  ...names,
  imports: importLaw,
  "switch-ends-in-never": switchEndsInNever,
  "no-cycle": advise(ruleOf(importX, "no-cycle"), "move what both need into a third file below them"),
};
for (const [name, advice] of Object.entries(CORE))
  rules[name] = advise(ruleOf({ rules: Object.fromEntries(builtinRules) }, name), advice);
for (const [name, advice] of Object.entries(TYPED)) rules[name] = advise(ruleOf(typescript.plugin, name), advice);

export const house = { meta: { name: "house", version: "1" }, rules };
