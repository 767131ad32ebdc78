import type { HookAnswer, Hooks } from "@codex/protocol";

const CONTINUE: HookAnswer = { type: "continue" };
const nothing = (): Promise<HookAnswer> => Promise.resolve(CONTINUE);

export const NO_HOOKS: Hooks = { before: nothing, after: nothing, on: nothing };
