import { CodexError } from "@codex/common";
import { listLmStudio, fetchLmStudio } from "./oss-lmstudio.js";
import { checkOllamaVersion, listOllama, pullOllama } from "./oss-ollama.js";
import { askPlain } from "./plain-http.js";
import type { LocalModelOptions, LocalServer } from "./local-server.js";

/** From asking until the server has answered, in milliseconds. */
const REACH_MS = 5_000;
const PROBE_MS = 2_000;

/** The local servers that answer now, in the order given. */
export async function findLocalServers(
  servers: readonly LocalServer[],
  signal: AbortSignal,
): Promise<readonly LocalServer[]> {
  const answers = await Promise.all(servers.map((server) => isReachable(server, PROBE_MS, signal)));
  return servers.filter((_, index) => answers[index] === true);
}

/** Names of the models that the server has. Throws `connection_failed` with what to start or install. */
export async function listLocalModels(server: LocalServer, signal: AbortSignal): Promise<readonly string[]> {
  if (!(await isReachable(server, REACH_MS, signal))) throw new CodexError("connection_failed", absence(server));
  return server.provider === "ollama" ? listOllama(server.base_url, signal) : listLmStudio(server.base_url, signal);
}

/**
 * Makes sure that the server runs, is new enough, and has the model; fetches the model if it does not. Throws
 * `connection_failed` or `config_invalid`, in one line that says what to do.
 */
export async function prepareLocalModel(options: LocalModelOptions, signal: AbortSignal): Promise<void> {
  const { provider, base_url, model } = options;
  if (!(await isReachable(options, REACH_MS, signal))) throw new CodexError("connection_failed", absence(options));
  if (provider === "ollama") await checkOllamaVersion(base_url, signal);
  const models = provider === "ollama" ? await listOllama(base_url, signal) : await listLmStudio(base_url, signal);
  if (hasModel(models, model)) return;
  if (provider === "ollama") await pullOllama(base_url, model, options.onProgress, signal);
  else await fetchLmStudio(options, signal);
}

/** Ollama lists `NAME:latest` for what is asked for as `NAME`. */
function hasModel(models: readonly string[], model: string): boolean {
  return models.includes(model) || models.includes(`${model}:latest`);
}

async function isReachable(server: LocalServer, ms: number, signal: AbortSignal): Promise<boolean> {
  const answer = await askPlain({ url: `${server.base_url}/models`, ms }, signal).catch(() => undefined);
  signal.throwIfAborted();
  return answer !== undefined && answer.status < 500;
}

function absence({ provider, base_url }: LocalServer): string {
  const { origin } = new URL(base_url);
  if (provider === "lmstudio") {
    return `LM Studio does not answer at ${origin}: start its server with \`lms server start\`; to install it, see https://lmstudio.ai/download`;
  }
  const page = "https://github.com/ollama/ollama?tab=readme-ov-file#ollama";
  return `Ollama does not answer at ${origin}: start it with \`ollama serve\`; to install it, see ${page}`;
}
