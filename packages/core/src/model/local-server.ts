/** Built-in providers of models on this machine (services.md §6). Their ids in `model_provider`. */
export const LOCAL_PROVIDERS = ["ollama", "lmstudio"] as const;
export type LocalProvider = (typeof LOCAL_PROVIDERS)[number];

/** Asked for when nobody names a model. */
export const LOCAL_DEFAULT_MODELS: Readonly<Record<LocalProvider, string>> = {
  ollama: "gpt-oss:20b",
  lmstudio: "openai/gpt-oss-20b",
};

/** How far a download is. Bytes; both 0 until the server knows. */
export type PullProgress = { readonly status: string; readonly completed: number; readonly total: number };

/** Runs a program to its end. `undefined`: there is no such program. */
export type ProgramRunner = (
  argv: readonly string[],
  signal: AbortSignal,
) => Promise<{ readonly code: number; readonly output: string } | undefined>;

export type LocalServer = {
  readonly provider: LocalProvider;
  /** Of the provider, usually ending in `/v1`. */
  readonly base_url: string;
};

export type LocalModelOptions = LocalServer & {
  readonly model: string;
  readonly onProgress: (progress: PullProgress) => void;
  /** LM Studio downloads with its own program, `lms`. */
  readonly run: ProgramRunner;
  /** The user's home, where LM Studio keeps that program. */
  readonly user_home: string;
};
