import type { TurnSettings } from "@codex/protocol";

/** The settings of which a model was told, as far as they tell it something. */
export type KnownContext = Pick<TurnSettings, "cwd" | "model" | "approval_policy" | "sandbox_policy"> & {
  /** YYYY-MM-DD as it was told; absent in the files of others. */
  readonly current_date?: string;
};
