import type { MessagePhase, UserInput, WebSearchAction } from "./items.js";

/** What faces see of a turn: started and completed items (core.md §1.5). The tag is PascalCase on the wire. */
export type TurnItem =
  | { readonly type: "UserMessage"; readonly id: string; readonly content: readonly UserInput[] }
  | {
      readonly type: "AgentMessage";
      readonly id: string;
      readonly content: readonly { readonly type: "Text"; readonly text: string }[];
      readonly phase?: MessagePhase;
    }
  | {
      readonly type: "Reasoning";
      readonly id: string;
      readonly summary_text: readonly string[];
      readonly raw_content: readonly string[];
    }
  | { readonly type: "ContextCompaction"; readonly id: string }
  | { readonly type: "WebSearch"; readonly id: string; readonly query: string; readonly action: WebSearchAction };
