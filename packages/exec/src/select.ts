import { createDirectEnvironment } from "./direct.js";
import type { DirectOptions, ExecEnvironment } from "./direct.js";

/** Where a session's commands run. `type` names the kind of place; containers and other machines join here. */
export type EnvironmentOptions = { readonly type: "direct" } & DirectOptions;

export function selectEnvironment(options: EnvironmentOptions): ExecEnvironment {
  const { type } = options;
  switch (type) {
    case "direct":
      return createDirectEnvironment(options);
    default:
      return type satisfies never;
  }
}
