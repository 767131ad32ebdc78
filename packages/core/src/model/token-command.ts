import { CodexError } from "@codex/common";
import type { Clock, Credential, Credentials, Environment } from "@codex/protocol";

/** A program that prints a bearer token (core.md §2.10). */
export type TokenCommand = {
  readonly command: string;
  readonly args: readonly string[];
  readonly timeout_ms: number;
  /** How long a token is used before another is asked for; 0: until it is refused. */
  readonly refresh_interval_ms: number;
  /** Absolute; default: the session's. */
  readonly cwd?: string;
};

export type TokenCommandOptions = {
  /** This machine, unconfined: the user's own configuration names the program. */
  readonly host: Environment;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly clock: Clock;
};

/** The tokens of one session's providers, by the id of the provider. */
export type TokenCommands = (provider: string, command: TokenCommand) => Required<Credentials>;

/** A token is asked for when it is needed, kept for its interval, and asked for anew when it was refused. */
export function createTokenCommands(options: TokenCommandOptions): TokenCommands {
  const known = new Map<string, Required<Credentials>>();
  return (provider, command) => {
    const credentials = known.get(provider) ?? tokensOf(provider, command, options);
    known.set(provider, credentials);
    return credentials;
  };
}

function tokensOf(provider: string, command: TokenCommand, options: TokenCommandOptions): Required<Credentials> {
  const { clock } = options;
  let kept: { readonly token: string; readonly at: number } | undefined;
  let asking: Promise<Credential> | undefined;
  const ask = (signal: AbortSignal): Promise<Credential> => {
    asking ??= runTokenCommand(provider, command, options, signal)
      .then((token): Credential => {
        kept = { token, at: clock.monotonic() };
        return { type: "api_key", token };
      })
      .finally(() => (asking = undefined));
    return asking;
  };
  const isFresh = (at: number): boolean => {
    const interval = command.refresh_interval_ms;
    return interval === 0 || clock.monotonic() - at < interval;
  };
  return {
    current: (signal) =>
      kept !== undefined && isFresh(kept.at) ? Promise.resolve({ type: "api_key", token: kept.token }) : ask(signal),
    renew: async (refused, signal) => {
      if (kept !== undefined && kept.token !== refused.token) return { type: "api_key", token: kept.token };
      const renewed = await ask(signal);
      return renewed.token === refused.token ? undefined : renewed;
    },
  };
}

/** Of what the program prints on either stream; a token is far shorter. */
const MOST_BYTES = 64 * 1024;

/** Throws `missing_credential`. */
async function runTokenCommand(
  provider: string,
  { command, args, timeout_ms, cwd }: TokenCommand,
  { host, env, cwd: here }: TokenCommandOptions,
  signal: AbortSignal,
): Promise<string> {
  const request = { argv: [command, ...args], cwd: cwd ?? here, env, stdin: "closed", timeout_ms } as const;
  const started = host.exec(request, signal);
  const said = { stdout: "", stderr: "" };
  for await (const { stream, data } of started.output) {
    if (said[stream].length < MOST_BYTES) said[stream] += Buffer.from(data).toString();
  }
  const exit = await started.exit;
  signal.throwIfAborted();
  const fail = (what: string): CodexError => {
    const text = `The token command of the provider ${provider} (${command}) ${what}.`;
    return new CodexError("missing_credential", `${text} Check model_providers.${provider}.auth in config.toml.`);
  };
  switch (exit.type) {
    case "failed_to_start":
      throw fail(`cannot be started: ${exit.message}`);
    case "timed_out":
      throw fail(`did not end within ${timeout_ms} ms`);
    case "signaled":
      throw fail(`was ended by ${exit.signal}`);
    case "exited":
      break;
    default:
      exit satisfies never;
  }
  if (exit.type === "exited" && exit.code !== 0) {
    const last = said.stderr.trim().split("\n").at(-1) ?? "";
    throw fail(`ended with ${exit.code}${last === "" ? "" : `: ${last}`}`);
  }
  const token = said.stdout.trim();
  if (token === "") throw fail("printed no token");
  if (/\s/.test(token)) throw fail("printed more than one word");
  return token;
}
