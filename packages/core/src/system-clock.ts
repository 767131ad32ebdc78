import type { Clock } from "@codex/protocol";
import { sleep } from "@codex/common";

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep,
};
