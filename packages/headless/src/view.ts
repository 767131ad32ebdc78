import type { EventMsg } from "@codex/protocol";

/** How the turn ended, as a face sees it. */
export type TurnEnd =
  | { readonly type: "completed"; readonly lastMessage: string | undefined }
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "interrupted" };

/** Events to text. Each call returns what to write next to the run's stream; empty: nothing. */
export interface View {
  show(message: EventMsg): string;
  /** Something the face itself has to say. */
  notice(text: string): string;
  /** The turn has ended: called at once, before the session shuts down. */
  endTurn(end: TurnEnd): string;
  /** The session has shut down. */
  close(): string;
}
