import { homedir } from "node:os";
import { CodexError } from "@codex/common";
import { loadConfig, type Config } from "@codex/config";
import { findLocalServers, LOCAL_DEFAULT_MODELS, prepareLocalModel } from "@codex/core";
import type { LocalProvider, LocalServer, PullProgress } from "@codex/core";
import type { ExecFlags } from "./commands/exec-flags.js";
import { configOptions } from "./config-flags.js";
import { capture } from "./host.js";

type Surroundings = {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Takes whole lines for stderr. */
  readonly note: (text: string) => void;
};

/**
 * What `--oss` stands for: the provider that is named, configured or found running, and its model, fetched if it has
 * to be. Throws `bad_request` or `connection_failed`, with what to start or say.
 */
export async function localModel(
  flags: ExecFlags,
  { cwd, env, note }: Surroundings,
  signal: AbortSignal,
): Promise<{ readonly model_provider: LocalProvider; readonly model: string }> {
  const config = await loadConfig({ ...configOptions(flags), cwd, env });
  const provider = flags.localProvider ?? config.oss_provider ?? (await runningProvider(config, signal));
  const model = flags.model ?? LOCAL_DEFAULT_MODELS[provider];
  const run = async (argv: readonly string[]) => {
    const ran = await capture(argv, { cwd, env });
    return ran.found ? ran : undefined;
  };
  const onProgress = progressNotes(note);
  await prepareLocalModel({ ...serverOf(config, provider), model, onProgress, run, user_home: homedir() }, signal);
  return { model_provider: provider, model };
}

async function runningProvider(config: Config, signal: AbortSignal): Promise<LocalProvider> {
  const servers = [serverOf(config, "ollama"), serverOf(config, "lmstudio")];
  const [first, second] = await findLocalServers(servers, signal);
  if (first !== undefined && second !== undefined && first.base_url !== second.base_url) {
    throw new CodexError("bad_request", "Ollama and LM Studio both answer: say --local-provider ollama or lmstudio");
  }
  return first?.provider ?? "ollama";
}

function serverOf(config: Config, provider: LocalProvider): LocalServer {
  return { provider, base_url: config.providers[provider]?.base_url ?? "" };
}

/** One line for each new status, and for every tenth part of a download. */
function progressNotes(note: (text: string) => void): (progress: PullProgress) => void {
  let last = "";
  return ({ status, completed, total }) => {
    const part = total === 0 ? "" : ` ${Math.floor((completed / total) * 10) * 10} %`;
    const line = `${status}${part}\n`;
    if (line !== last) note(line);
    last = line;
  };
}
