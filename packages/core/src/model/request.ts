import type { MessageItem, ModelInfo, Prompt, ReasoningItem, ResponseItem, TurnSettings } from "@codex/protocol";

export type BodyOptions = {
  readonly info: ModelInfo;
  readonly settings: TurnSettings;
  /** Prompt-cache key: the session's id. */
  readonly session: string;
  readonly installation_id?: string | undefined;
  /** Azure keeps responses and wants the items' ids back (core.md §2.1). */
  readonly stored?: boolean;
};

/** The body of `POST /responses` (core.md §2.1; live.md §4.1). */
export function requestBody(prompt: Prompt, options: BodyOptions): Readonly<Record<string, unknown>> {
  const { info, settings, installation_id, stored = false } = options;
  const reasoning = reasoningOf(info, settings);
  const text = textOf(prompt, options);
  const tier = serviceTier(settings.service_tier);
  return {
    model: settings.model,
    ...(prompt.instructions === "" ? {} : { instructions: prompt.instructions }),
    input: prompt.input.map((item) => wireItem(item, { stored })),
    tools: prompt.tools,
    tool_choice: "auto",
    parallel_tool_calls: info.parallel_tool_calls,
    ...(reasoning === undefined ? {} : { reasoning }),
    store: stored,
    stream: true,
    include: reasoning === undefined ? [] : ["reasoning.encrypted_content"],
    ...(tier === undefined ? {} : { service_tier: tier }),
    prompt_cache_key: options.session,
    ...(text === undefined ? {} : { text }),
    ...(installation_id === undefined ? {} : { client_metadata: { "x-codex-installation-id": installation_id } }),
  };
}

/** Absent for models known not to reason: they refuse the field. */
function reasoningOf(info: ModelInfo, settings: TurnSettings): object | undefined {
  if (info.known && !info.reasoning.summaries && settings.effort === undefined) return undefined;
  const effort = settings.effort ?? info.reasoning.default_effort;
  const summary = settings.summary ?? "auto";
  return { ...(effort === undefined ? {} : { effort }), ...(summary === "none" ? {} : { summary }) };
}

function textOf(prompt: Prompt, { info, settings }: BodyOptions): object | undefined {
  const verbosity = info.default_verbosity === undefined ? undefined : (settings.verbosity ?? info.default_verbosity);
  const schema = prompt.output_schema;
  if (verbosity === undefined && schema === undefined) return undefined;
  const format = { type: "json_schema", strict: true, schema, name: "codex_output_schema" };
  return { ...(verbosity === undefined ? {} : { verbosity }), ...(schema === undefined ? {} : { format }) };
}

export function serviceTier(tier: string | undefined): string | undefined {
  if (tier === "fast") return "priority";
  return tier === "flex" ? tier : undefined;
}

/** An item as servers take it: without id and status unless they keep responses, the rest verbatim. */
function wireItem(item: ResponseItem, { stored }: { readonly stored: boolean }): object {
  if (stored) return item.type === "reasoning" ? wireReasoning(item) : item;
  if (item.type === "message") return withoutStatus(item);
  const { id: _, ...rest } = item;
  return rest.type === "reasoning" ? wireReasoning(rest) : rest;
}

function withoutStatus({ id: _, status: _status, ...rest }: MessageItem): object {
  return rest;
}

/** Raw reasoning goes back only when it is of the kind that servers sent as such (core.md §9.11). */
function wireReasoning({ content, ...rest }: ReasoningItem): object {
  const isRaw = content?.some((part) => part.type === "reasoning_text") ?? false;
  return isRaw ? { ...rest, content } : rest;
}

export type HeaderOptions = {
  readonly session: string;
  readonly originator: string;
  readonly user_agent: string;
  /** Sticky routing: what the first response of this turn asked to be told again. */
  readonly turn_state?: string | undefined;
  /** Of the provider and of the credential; they win. */
  readonly extra: Readonly<Record<string, string>>;
};

/** core.md §2.2, live.md §4.2. */
export function requestHeaders(options: HeaderOptions): Readonly<Record<string, string>> {
  return {
    accept: "text/event-stream",
    "content-type": "application/json",
    originator: safe(options.originator),
    "user-agent": safe(options.user_agent),
    "session-id": options.session,
    "thread-id": options.session,
    "x-client-request-id": options.session,
    ...(options.turn_state === undefined ? {} : { "x-codex-turn-state": options.turn_state }),
    ...options.extra,
  };
}

/** What a header cannot hold becomes `_`. */
function safe(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "_");
}

export type UserAgentParts = {
  readonly originator: string;
  readonly version: string;
  readonly os_name: string;
  readonly os_version: string;
  readonly arch: string;
  /** Absent: unknown. */
  readonly terminal?: string;
};

export function userAgent(parts: UserAgentParts): string {
  const { originator, version, os_name, os_version, arch, terminal = "unknown" } = parts;
  return `${originator}/${version} (${os_name} ${os_version}; ${arch}) ${terminal}`;
}
