/** Items of the Responses API as they stand in history and on the wire (core.md §3.1). */

export type ContentItem =
  | { readonly type: "input_text"; readonly text: string }
  | { readonly type: "input_image"; readonly image_url: string; readonly detail?: ImageDetail }
  | { readonly type: "output_text"; readonly text: string };

export type ImageDetail = "low" | "high" | "original" | "auto";

/** What a tool gives back to the model. */
export type ContentPart =
  | { readonly type: "input_text"; readonly text: string }
  | { readonly type: "input_image"; readonly image_url: string; readonly detail?: ImageDetail };

/** Wire form of a tool output: a bare string, or parts when it holds more than text. Never an object (core.md §9.3). */
export type OutputPayload = string | readonly ContentPart[];

export type MessagePhase = "commentary" | "final_answer";

export type MessageItem = {
  readonly type: "message";
  readonly id?: string;
  readonly role: "user" | "assistant" | "developer";
  readonly content: readonly ContentItem[];
  readonly phase?: MessagePhase;
  readonly status?: string;
};

export type ReasoningItem = {
  readonly type: "reasoning";
  readonly id?: string;
  readonly summary: readonly { readonly type: "summary_text"; readonly text: string }[];
  readonly content?: readonly { readonly type: "reasoning_text" | "text"; readonly text: string }[] | null;
  readonly encrypted_content: string | null;
};

export type FunctionCallItem = {
  readonly type: "function_call";
  readonly id?: string;
  readonly name: string;
  readonly namespace?: string;
  /** JSON text as the model wrote it; it may be malformed. */
  readonly arguments: string;
  readonly call_id: string;
};

export type FunctionCallOutputItem = {
  readonly type: "function_call_output";
  readonly id?: string;
  readonly call_id: string;
  readonly output: OutputPayload;
};

export type CustomToolCallItem = {
  readonly type: "custom_tool_call";
  readonly id?: string;
  readonly status?: string;
  readonly call_id: string;
  readonly name: string;
  readonly input: string;
};

export type CustomToolCallOutputItem = {
  readonly type: "custom_tool_call_output";
  readonly id?: string;
  readonly call_id: string;
  readonly name?: string;
  readonly output: OutputPayload;
};

export type LocalShellCallItem = {
  readonly type: "local_shell_call";
  readonly id?: string;
  readonly call_id: string | null;
  readonly status: "completed" | "in_progress" | "incomplete";
  readonly action: {
    readonly type: "exec";
    readonly command: readonly string[];
    readonly timeout_ms?: number | null;
    readonly working_directory?: string | null;
    readonly env?: Readonly<Record<string, string>> | null;
    readonly user?: string | null;
  };
};

export type WebSearchAction =
  | { readonly type: "search"; readonly query?: string; readonly queries?: readonly string[] }
  | { readonly type: "open_page"; readonly url?: string }
  | { readonly type: "find_in_page"; readonly url?: string; readonly pattern?: string }
  | { readonly type: "other" };

export type WebSearchCallItem = {
  readonly type: "web_search_call";
  readonly id?: string;
  readonly status?: string;
  readonly action?: WebSearchAction;
};

export type CompactionItem = { readonly type: "compaction"; readonly id?: string; readonly encrypted_content: string };

export type ResponseItem =
  | MessageItem
  | ReasoningItem
  | FunctionCallItem
  | FunctionCallOutputItem
  | CustomToolCallItem
  | CustomToolCallOutputItem
  | LocalShellCallItem
  | WebSearchCallItem
  | CompactionItem;

/** What a person hands in (core.md §1.3). */
export type UserInput =
  | { readonly type: "text"; readonly text: string; readonly text_elements?: readonly TextElement[] }
  | { readonly type: "image"; readonly image_url: string; readonly detail?: ImageDetail }
  | { readonly type: "local_image"; readonly path: string; readonly detail?: ImageDetail }
  | { readonly type: "skill"; readonly name: string; readonly path: string }
  | { readonly type: "mention"; readonly name: string; readonly path: string };

export type TextElement = {
  readonly byte_range: { readonly start: number; readonly end: number };
  readonly placeholder?: string;
};

/** One file of a patch (core.md §1.3). */
export type FileChange =
  | { readonly type: "add"; readonly content: string }
  | { readonly type: "delete"; readonly content: string }
  | { readonly type: "update"; readonly unified_diff: string; readonly move_path: string | null };

/** What a command seems to do, for labels only; never for permission. */
export type ParsedCommand =
  | { readonly type: "read"; readonly cmd: string; readonly name: string; readonly path: string }
  | { readonly type: "list_files"; readonly cmd: string; readonly path: string | null }
  | { readonly type: "search"; readonly cmd: string; readonly query: string | null; readonly path: string | null }
  | { readonly type: "unknown"; readonly cmd: string };

export type PlanStep = { readonly step: string; readonly status: "pending" | "in_progress" | "completed" };
