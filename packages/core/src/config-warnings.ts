import type { SandboxPolicy } from "@codex/protocol";
import { isConfined } from "@codex/protocol";
import type { Config } from "@codex/config";

/** What is wrong with the configuration, and what of it the policy does not hold. */
export function configWarnings(config: Config, policy: SandboxPolicy): readonly string[] {
  const said = config.warnings.map((warning) => warning.message);
  if (isConfined(policy) || config.sandbox.deny.length === 0) return said;
  return [...said, `sandbox.deny is not held: under ${policy.type} commands can read everything`];
}
