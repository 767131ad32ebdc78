import { sessionId, turnId } from "@codex/protocol";
import type { Clock, Credential, ModelClient, ModelEvent, Prompt, TurnSettings } from "@codex/protocol";
import { collectFailing, manualClock } from "@codex/test-support";
import { createModelProvider } from "../../src/model/providers.js";
import type { ProviderSpec } from "../../src/model/provider-spec.js";
import type { ModelProviderOptions } from "../../src/model/providers.js";

export const SESSION = sessionId("01890000-0000-7000-8000-000000000001");
export const TURN = turnId("1");

export const SETTINGS: TurnSettings = {
  cwd: "/work",
  model: "gpt-5",
  model_provider: "mock",
  approval_policy: "never",
  sandbox_policy: { type: "read-only" },
};

export const PROMPT: Prompt = {
  instructions: "Be brief.",
  input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "hello" }] }],
  tools: [],
};

export type ClientOptions = {
  readonly spec?: Partial<ProviderSpec>;
  readonly settings?: Partial<TurnSettings>;
  readonly clock?: Clock;
  readonly credential?: Credential;
  readonly env?: Readonly<Record<string, string>>;
  readonly provider?: Partial<ModelProviderOptions>;
};

/** A client of the provider `mock` at `url`. Sleeps up to a minute end at once unless a clock is given. */
export function clientOf(url: string, options: ClientOptions = {}): ModelClient {
  const provider = createModelProvider({
    specs: { mock: { name: "mock", base_url: url, ...options.spec } },
    credentials: { current: () => Promise.resolve(options.credential) },
    env: (name) => options.env?.[name],
    clock: options.clock ?? manualClock({ skip_up_to: 60_000 }),
    originator: "codex_exec",
    user_agent: "codex_exec/0.1.0 (Linux 6; x64) unknown",
    version: "0.1.0",
    ...options.provider,
  });
  return provider.client({ ...SETTINGS, ...options.settings }, { session: SESSION, turn: TURN });
}

export function never(): AbortSignal {
  return new AbortController().signal;
}

export function ask(
  client: ModelClient,
  prompt: Prompt = PROMPT,
  signal = never(),
): Promise<{ readonly items: readonly ModelEvent[]; readonly error: unknown }> {
  return collectFailing(client.stream(prompt, signal));
}
