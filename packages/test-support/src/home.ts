import { temporaryFolder } from "./workspace.js";
import type { TemporaryFolder } from "./workspace.js";

export type TemporaryHomeOptions = {
  /** Text of `config.toml`. */
  readonly config?: string;
  /** Content of `auth.json`. */
  readonly auth?: object;
};

/** A CODEX_HOME of its own, removed at the end. */
export async function temporaryHome({ config, auth }: TemporaryHomeOptions = {}): Promise<TemporaryFolder> {
  const home = await temporaryFolder("codex-home-");
  if (config !== undefined) await home.write("config.toml", config);
  if (auth !== undefined) await home.write("auth.json", JSON.stringify(auth), 0o600);
  return home;
}

/** `config.toml` of a provider that talks to a fake Responses server. */
export function mockProviderConfig(url: string, model = "gpt-5"): string {
  return [
    `model = ${JSON.stringify(model)}`,
    'model_provider = "mock"',
    "[model_providers.mock]",
    'name = "mock"',
    `base_url = ${JSON.stringify(url)}`,
    'wire_api = "responses"',
    "",
  ].join("\n");
}
