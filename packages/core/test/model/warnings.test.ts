import { expect, it } from "vitest";
import { modelInfo } from "../../src/model/catalog.js";
import { modelWarnings } from "../../src/model/warnings.js";
import { SETTINGS } from "./fixture.js";

it.each([
  ["gpt-5.5", {}, []],
  ["gpt-5.5", { effort: "xhigh", verbosity: "high", service_tier: "fast" }, []],
  ["llama-7", { verbosity: "high" }, ["the model llama-7 is not in the catalog; cautious defaults are used for it"]],
  ["gpt-4.1", { effort: "low" }, ['gpt-4.1 does not reason: the server may refuse model_reasoning_effort = "low"']],
  ["o3", { verbosity: "low" }, ["o3 takes no verbosity: model_verbosity is not sent"]],
  ["o3", { service_tier: "gold" }, ['service_tier "gold" is not known and not sent; there are "fast" and "flex"']],
] as const)("%s with %j", (model, change, warnings) => {
  expect(modelWarnings({ ...SETTINGS, model, ...change }, modelInfo(model))).toEqual(warnings);
});
