import { CodexError, fieldsOf, listOf, numberOf, parseJson, textOf } from "@codex/common";
import { askPlain } from "./plain-http.js";
import type { PullProgress } from "./local-server.js";

/** The first version that speaks Responses (services.md §6). */
const OLDEST = [0, 13, 4] as const;

/** Ollama's own API stands beside the one of the wire. */
function hostOf(base_url: string): string {
  return base_url.replace(/\/v1$/, "");
}

/** A server that tells no version is taken for new enough. Throws `config_invalid`. */
export async function checkOllamaVersion(base_url: string, signal: AbortSignal): Promise<void> {
  const { text } = await askPlain({ url: `${hostOf(base_url)}/api/version`, ms: 5_000 }, signal);
  const version = textOf(fieldsOf(parseJson(text))["version"]) ?? "";
  const parts = /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
  if (parts === undefined || parts.every((part) => part === 0) || !isOlder(parts)) return;
  const advice = 'update it, or reach it with a [model_providers.<id>] table that says wire_api = "chat"';
  throw new CodexError("config_invalid", `Ollama ${version} is too old, ${OLDEST.join(".")} is needed: ${advice}`);
}

function isOlder(parts: readonly number[]): boolean {
  const at = OLDEST.findIndex((needed, index) => parts[index] !== needed);
  return at !== -1 && (parts[at] ?? 0) < (OLDEST[at] ?? 0);
}

export async function listOllama(base_url: string, signal: AbortSignal): Promise<readonly string[]> {
  const { text } = await askPlain({ url: `${hostOf(base_url)}/api/tags`, ms: 5_000 }, signal);
  return listOf(fieldsOf(parseJson(text))["models"]).flatMap((model) => textOf(fieldsOf(model)["name"]) ?? []);
}

/** Lets Ollama fetch a model; its progress comes as JSON lines. Throws `connection_failed`. */
export async function pullOllama(
  base_url: string,
  model: string,
  onProgress: (progress: PullProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  const pull = new Pull(onProgress);
  const question = { url: `${hostOf(base_url)}/api/pull`, body: { model, stream: true } };
  const { status, text } = await askPlain({ ...question, onText: (part) => pull.take(part) }, signal);
  const reason = status >= 300 ? (textOf(fieldsOf(parseJson(text))["error"]) ?? `status ${status}`) : pull.problem();
  if (reason !== undefined) throw new CodexError("connection_failed", `Ollama could not fetch ${model}: ${reason}`);
}

class Pull {
  readonly #onProgress: (progress: PullProgress) => void;
  /** Bytes of each layer, by digest. */
  readonly #layers = new Map<string, { readonly completed: number; readonly total: number }>();
  #rest = "";
  #error: string | undefined;
  #isDone = false;

  constructor(onProgress: (progress: PullProgress) => void) {
    this.#onProgress = onProgress;
  }

  take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line);
  }

  /** Why it failed; `undefined`: it did not. */
  problem(): string | undefined {
    this.#line(this.#rest);
    return this.#error ?? (this.#isDone ? undefined : "the download broke off");
  }

  #line(line: string): void {
    const fields = fieldsOf(parseJson(line));
    const status = textOf(fields["status"]);
    this.#error ??= textOf(fields["error"]);
    if (status === undefined) return;
    if (status === "success") this.#isDone = true;
    const digest = textOf(fields["digest"]);
    const total = numberOf(fields["total"]);
    if (digest !== undefined && total !== undefined) {
      this.#layers.set(digest, { completed: numberOf(fields["completed"]) ?? 0, total });
    }
    this.#onProgress({ status, ...sum([...this.#layers.values()]) });
  }
}

function sum(layers: readonly { readonly completed: number; readonly total: number }[]) {
  return layers.reduce(
    (all, layer) => ({ completed: all.completed + layer.completed, total: all.total + layer.total }),
    { completed: 0, total: 0 },
  );
}
